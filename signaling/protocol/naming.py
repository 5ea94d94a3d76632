"""Names on the wire: sid prefixes, limits of names, and the room of an LMS session.

Sids are a prefix and twelve characters without look-alikes. Chance is passed in (`os.urandom` in the
processes), so that everything that names things can be replayed.
"""

from collections.abc import Callable
from enum import StrEnum

# no 0/O, 1/l/I: sids are read aloud over the phone when something has to be found in a log
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
SID_CHARACTERS = 12
NAME_LIMIT = 256
SESSION_ROOM_PREFIX = "s-"


class SidPrefix(StrEnum):
    """The prefixes that clients parse; they refuse sids that lack them."""

    ROOM = "RM_"
    PARTICIPANT = "PA_"
    TRACK = "TR_"
    EGRESS = "EG_"
    EVENT = "EV_"
    NODE = "ND_"


def new_sid(prefix: SidPrefix, chance: Callable[[int], bytes]) -> str:
    """A fresh sid. `chance(n)` gives n random bytes."""
    # the bias of the remainder (256 over 57) is harmless: sids are names, not secrets
    return prefix + "".join(ALPHABET[byte % len(ALPHABET)] for byte in chance(SID_CHARACTERS))


def is_sid(text: str, prefix: SidPrefix) -> bool:
    """Whether text is a sid of that kind, whoever made it."""
    return text.startswith(prefix) and len(text) > len(prefix) and len(text) <= NAME_LIMIT


def is_name(text: str) -> bool:
    """Whether text may name a room or an identity: not empty, not over-long, no control characters."""
    return 0 < len(text) <= NAME_LIMIT and text.isprintable()


def room_of_session(session_id: str) -> str:
    """The room in which the LMS session with that id is held."""
    return SESSION_ROOM_PREFIX + session_id


def session_of_room(room: str) -> str | None:
    """The id of the LMS session held in that room; None for a room the LMS did not open."""
    if room.startswith(SESSION_ROOM_PREFIX) and len(room) > len(SESSION_ROOM_PREFIX):
        return room[len(SESSION_ROOM_PREFIX) :]
    return None
