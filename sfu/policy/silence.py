"""When a stay's path has fallen silent: long before its consent runs out (RFC 7675: 30 s), by what is usual for it.

Who sends media is heard every second; who only keeps a connection alive is heard by its checks, every 2.5 s (libwebrtc)
to 6 s (RFC 7675). Silence is a good deal longer than the longest pause of late. It says nothing about its reason: the
front door asks the client to look for another path if the client still signals.
"""

from dataclasses import dataclass

LEAST_S = 3
# pauses are remembered for one to two of these; a stay begins as one that may pause
WINDOW_S = 5
FIRST_PAUSE_S = 4
# what lasts longer was no pause between two checks of anybody's, but a silence: the next one is to be noticed as early
PAUSE_MOST_S = 7


@dataclass(slots=True)
class Silence:
    """Of one stay. Seconds are whole ones of one clock, `heard` the newest in which anything came; 0: nothing yet."""

    _heard: int = 0
    _longest: int = 1
    _longest_before: int = FIRST_PAUSE_S
    _window_since: int = 0

    def observe(self, heard: int, now: float) -> bool:
        """Once a second; whether the path is silent now."""
        if not heard:
            return False
        if heard > self._heard:
            if self._heard:
                self._note_pause(heard - self._heard, heard)
            else:
                self._window_since = heard
            self._heard = heard
        return now - (self._heard + 1) >= self.bound_s

    @property
    def bound_s(self) -> int:
        """How long nothing may come."""
        return max(LEAST_S, 2 * max(self._longest, self._longest_before))

    def _note_pause(self, pause: int, second: int) -> None:
        if pause > PAUSE_MOST_S:
            return
        if second - self._window_since >= WINDOW_S:
            self._longest_before, self._longest, self._window_since = self._longest, 1, second
        self._longest = max(self._longest, pause)
