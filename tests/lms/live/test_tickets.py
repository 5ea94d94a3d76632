"""Join tokens."""

from lms.live.tickets import ApiKey, ticket
from signaling.protocol import tokens

NOW = 1_700_000_000
API_KEY = ApiKey(key="k", secret="s" * 32)


def claims_of(*, is_leader: bool) -> tokens.Claims:
    token = ticket(
        session_id="abc",
        person_id="p1",
        name="Hoa",
        is_leader=is_leader,
        api_key=ApiKey(key="k", secret="s" * 32),
        now=NOW,
    )
    return tokens.verify(token, {"k": "s" * 32}, NOW)


def test_the_identity_is_the_person_and_the_room_the_session() -> None:
    claims = claims_of(is_leader=False)
    assert (claims.identity, claims.name, claims.grant.room) == ("p1", "Hoa", "s-abc")
    assert claims.grant.room_join is True
    assert claims.grant.may_publish and claims.grant.may_subscribe and claims.grant.may_publish_data


def test_only_who_leads_administers_the_room() -> None:
    assert claims_of(is_leader=True).grant.room_admin is True
    assert claims_of(is_leader=False).grant.room_admin is None


def test_nobody_may_create_list_or_record_rooms_with_a_ticket() -> None:
    grant = claims_of(is_leader=True).grant
    assert (grant.room_create, grant.room_list, grant.room_record) == (None, None, None)
