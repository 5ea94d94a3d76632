"""Joining a live session, as the API shows it."""

from msgspec import Struct


class Ticket(Struct, frozen=True, kw_only=True):
    """What a LiveKit client needs to enter: give `url` and `token` to its connect call."""

    url: str
    token: str
    room: str
    may_end: bool
    is_recorded: bool
