"""Stays that are signalled by plain HTTP requests (WHIP, WHEP): found by the secret in their address.

A stay is known from its offer until its participant has left. For a while after that a DELETE is still welcome:
clients close their transport first and then tidy up.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sfu.events import Event, ParticipantLeft
from sfu.ids import Identity, ParticipantSid, RoomName
from signaling.session.fragment import IceCredentials, OfferRead

SECRET_BYTES = 18
TAG_BYTES = 9
REMEMBERED_S = 60.0


@dataclass(slots=True, kw_only=True)
class HttpStay:
    """`credentials` are those the client last sent, `tag` the entity tag of that state."""

    protocol: str
    room: RoomName
    identity: Identity
    sid: ParticipantSid
    offer: OfferRead
    token_digest: bytes
    credentials: IceCredentials
    tag: str
    left_at: float | None = None

    def restarted(self, credentials: IceCredentials) -> None:
        """A new state of its transport, hence a new tag."""
        self.credentials = credentials
        self.tag = _new_tag()

    def was_opened_by(self, token: str) -> bool:
        """Whether it is the very token the stay began with, which may have expired meanwhile."""
        return hmac.compare_digest(self.token_digest, digest(token))


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def _new_tag() -> str:
    return f'"{secrets.token_urlsafe(TAG_BYTES)}"'


class HttpStays:
    """All of a node."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._stays: dict[str, HttpStay] = {}
        self._secrets: dict[ParticipantSid, str] = {}

    def add(
        self, *, protocol: str, room: RoomName, identity: Identity, sid: ParticipantSid, offer: OfferRead, token: str
    ) -> tuple[str, HttpStay]:
        """The new stay and the secret of its address."""
        self._forget_old()
        secret = secrets.token_urlsafe(SECRET_BYTES)
        stay = HttpStay(
            protocol=protocol,
            room=room,
            identity=identity,
            sid=sid,
            offer=offer,
            token_digest=digest(token),
            credentials=offer.credentials,
            tag=_new_tag(),
        )
        self._stays[secret] = stay
        self._secrets[sid] = secret
        return secret, stay

    def find(self, secret: str) -> HttpStay | None:
        """The stay, even if it has ended a moment ago."""
        self._forget_old()
        return self._stays.get(secret)

    def forget(self, stay: HttpStay) -> None:
        """Nothing of it is known any more."""
        secret = self._secrets.pop(stay.sid, None)
        if secret is not None:
            self._stays.pop(secret, None)

    def __len__(self) -> int:
        return len(self._stays)

    def handle_event(self, event: Event) -> None:
        """The media plane's handler."""
        if isinstance(event, ParticipantLeft) and event.participant.sid in self._secrets:
            self._stays[self._secrets[event.participant.sid]].left_at = self._clock()

    def _forget_old(self) -> None:
        oldest = self._clock() - REMEMBERED_S
        for stay in [one for one in self._stays.values() if one.left_at is not None and one.left_at < oldest]:
            self.forget(stay)
