"""How often something may happen: a bucket that refills with time, `now` in seconds of any one clock."""


class Rate:
    """At most `per_s` a second in the long run, and `burst` at once."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = max(1.0, burst)
        self._left = self._burst
        self._at: float | None = None

    def admits(self, now: float) -> bool:
        """Take one, if there is one."""
        passed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        self._left = min(self._burst, self._left + passed * self._per_s)
        if self._left < 1:
            return False
        self._left -= 1
        return True
