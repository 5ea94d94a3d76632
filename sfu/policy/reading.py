"""How fast one peer's data messages are read. Pure: takes `now`.

Nothing is refused: who says more is read later, its own congestion control slows it down, and nobody else waits.
"""

# a pointer shared at the rate of a screen, or a file at some megabits; what exceeds it for long is a flood
MESSAGES_PER_S = 100.0
MESSAGES_AT_ONCE = 500.0
BYTES_PER_S = 2.0 * 1024 * 1024
BYTES_AT_ONCE = 4.0 * 1024 * 1024


class ReadingPace:
    """What the peer has in hand, in seconds of its two rates."""

    def __init__(self, now: float) -> None:
        self._messages = MESSAGES_AT_ONCE
        self._bytes = BYTES_AT_ONCE
        self._at = now

    def owed_s(self, messages: int, size: int, now: float) -> float:
        """How long to wait after these messages before more is read."""
        elapsed, self._at = max(now - self._at, 0.0), now
        self._messages = min(self._messages + elapsed * MESSAGES_PER_S, MESSAGES_AT_ONCE) - messages
        self._bytes = min(self._bytes + elapsed * BYTES_PER_S, BYTES_AT_ONCE) - size
        return max(-self._messages / MESSAGES_PER_S, -self._bytes / BYTES_PER_S, 0.0)
