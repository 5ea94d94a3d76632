"""Joining a live session, as the API shows it."""

from msgspec import Struct

from lms.web.schemas import Moment


class Ticket(Struct, frozen=True, kw_only=True):
    """What a LiveKit client needs to enter: give `url` and `token` to its connect call."""

    url: str
    token: str
    room: str
    may_end: bool
    is_recorded: bool


class Broadcast(Struct, frozen=True, kw_only=True):
    """What OBS and other WHIP encoders need: `url` is the server, `token` the bearer token, good until `expires_at`."""

    url: str
    token: str
    expires_at: Moment
