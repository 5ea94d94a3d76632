"""Join tokens: identity is the person's id, so two people of one name stay two. Pure: `now` is unix seconds."""

from dataclasses import dataclass

from signaling.protocol import tokens
from signaling.protocol.naming import room_of_session

TICKET_LIFE_S = 6 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """The pair the node knows us by."""

    key: str
    secret: str


def ticket(*, session_id: str, person_id: str, name: str, is_leader: bool, api_key: ApiKey, now: float) -> str:
    """Everybody may speak and show; who leads may also mute and remove others (roomAdmin)."""
    grant = tokens.Grant(
        room=room_of_session(session_id),
        room_join=True,
        room_admin=True if is_leader else None,
        can_publish=True,
        can_subscribe=True,
        can_publish_data=True,
        can_update_own_metadata=True,
    )
    claims = tokens.Claims(identity=person_id, name=name, grant=grant)
    return tokens.sign(claims, key=api_key.key, secret=api_key.secret, now=now, life_s=TICKET_LIFE_S)


def broadcast_ticket(
    *, session_id: str, person_id: str, name: str, api_key: ApiKey, now: float, expires_at: float
) -> str:
    """For an encoder beside the person: an identity of its own, so that neither sends the other away, and one that is
    nobody's attendance; it publishes and does nothing else.
    """
    grant = tokens.Grant(
        room=room_of_session(session_id),
        room_join=True,
        can_publish=True,
        can_subscribe=False,
        can_publish_data=False,
    )
    claims = tokens.Claims(identity=f"{person_id}-obs", name=f"{name} (OBS)", kind="ingress", grant=grant)
    return tokens.sign(claims, key=api_key.key, secret=api_key.secret, now=now, life_s=expires_at - now)
