"""The session clock of one room across its runs. Pure; it never goes back."""

from dataclasses import dataclass

TICKS_PER_S = 10
# The session began with its room, before the run, but not longer ago than this.
_OLDEST_ROOM_MS = 24 * 3_600_000


@dataclass(slots=True)
class SessionClock:
    """`zero_ms` is second 0 in unix ms, `now_s` the latest arrival, `shift_s` what a set-back wall clock costs."""

    zero_ms: int = 0
    now_s: float = 0.0
    shift_s: float = 0.0
    tick: int = -1

    def begin_run(self, run_ms: int, *, is_first: bool) -> None:
        if is_first:
            self.zero_ms = run_ms
        self.shift_s = max(0.0, self.now_s - (run_ms - self.zero_ms) / 1000)

    def start_with_room(self, at_ms: int) -> None:
        """Moves second 0 of the first run back to the opening of the room, if that is believable."""
        if 0 <= self.zero_ms - at_ms <= _OLDEST_ROOM_MS:
            self.zero_ms = at_ms

    def session_s(self, arrival_ns: int) -> float:
        return (arrival_ns - self.zero_ms * 1_000_000) / 1e9 + self.shift_s

    def advance(self, arrival_ns: int) -> float:
        """Takes in an arrival; returns where it lies, which may be before `now_s`."""
        at_s = self.session_s(arrival_ns)
        self.now_s = max(self.now_s, at_s)
        return at_s

    def next_tick(self) -> int | None:
        """The tick that has come, once; None while the last one goes on."""
        tick = int(self.now_s * TICKS_PER_S)
        if tick == self.tick:
            return None
        self.tick = tick
        return tick
