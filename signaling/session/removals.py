"""Who was sent away and stays out: tokens issued up to the removal open the door no more.

A removal names a room and an identity. It is about tokens, not about the person: a token issued later is a new
invitation. Times are whole unix seconds, as in tokens.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# longer than any sensible token lives; whoever signs tokens for longer has to change the key to take them back
KEEP_S = 30 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Tokens of `identity` for `room` issued in second `issued_until` or before are refused until `ends_at`."""

    room: str
    identity: str
    issued_until: int
    ends_at: int


def removal(room: str, identity: str, now: float, *, revoked_until: int = 0, token_ends_at: float = 0) -> Removal:
    """What sending somebody away now means. `revoked_until`: a later second that the caller or the token in use
    names; `token_ends_at`: the end of the token in use.
    """
    return Removal(
        room=room,
        identity=identity,
        issued_until=max(int(now), revoked_until),
        ends_at=int(max(now + KEEP_S, token_ends_at)) + 1,
    )


class Removals:
    """All removals that still matter, the newest of each identity in a room."""

    def __init__(self, known: Iterable[Removal] = ()) -> None:
        self._known: dict[tuple[str, str], Removal] = {}
        for one in known:
            self.add(one)

    def add(self, one: Removal) -> None:
        """Never lets in whom an earlier removal kept out."""
        key = one.room, one.identity
        before = self._known.get(key)
        if before is None or before.issued_until <= one.issued_until:
            self._known[key] = one

    def bars(self, room: str, identity: str, issued_at: int, now: float) -> bool:
        """Whether a token issued at that second (0: it does not say) is one of those taken back."""
        one = self._known.get((room, identity))
        return one is not None and now < one.ends_at and issued_at <= one.issued_until

    def current(self, now: float) -> list[Removal]:
        """Those that still matter; the others are forgotten."""
        self._known = {key: one for key, one in self._known.items() if now < one.ends_at}
        return list(self._known.values())
