"""What a line does to packets, decided in virtual time from a seed: delay, jitter, loss in bursts, reordering, copies,
a narrow place with a buffer, a cut. One `Lane` is one direction.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """One direction of a line. Probabilities from 0 to 1; `rate_bps` 0 = as fast as the machine."""

    delay_s: float = 0.0
    jitter_s: float = 0.0  # up to this much more, evenly; packets keep their order
    loss: float = 0.0  # of all packets, in the long run
    burst: float = 1.0  # mean packets lost in a row (Gilbert-Elliott); 1 = each on its own
    reorder: float = 0.0  # of all packets, those that come late by `reorder_s`
    reorder_s: float = 0.02
    duplicate: float = 0.0
    rate_bps: float = 0.0
    buffer_s: float = 0.3  # of waiting at the narrow place; what would wait longer is dropped
    is_cut: bool = False


class Lane:
    """`take` returns the times at which copies of the packet arrive: none when it is lost, mostly one."""

    def __init__(self, seed: int) -> None:
        self.conditions = Conditions()
        self._random = random.Random(seed)
        self._is_losing = False
        self._free_at = 0.0
        self._last_arrival = 0.0

    def take(self, size: int, now: float) -> list[float]:
        asked = self.conditions
        if asked.is_cut or self._loses():
            return []
        leaves = self._through_narrow_place(size, now)
        if leaves is None:
            return []
        arrival = leaves + asked.delay_s + self._random.random() * asked.jitter_s
        if self._random.random() < asked.reorder:
            return [arrival + asked.reorder_s]
        self._last_arrival = arrival = max(arrival, self._last_arrival)
        return [arrival] * (2 if self._random.random() < asked.duplicate else 1)

    def _loses(self) -> bool:
        asked = self.conditions
        if asked.loss <= 0:
            return False
        # a burst ends with probability 1/burst; what begins one makes the long run come out at `loss`
        ends = min(1.0, 1 / max(asked.burst, 1.0))
        if asked.burst <= 1:
            return self._random.random() < asked.loss
        begins = min(1.0, ends * asked.loss / max(1e-9, 1 - asked.loss))
        self._is_losing = self._random.random() >= ends if self._is_losing else self._random.random() < begins
        return self._is_losing

    def _through_narrow_place(self, size: int, now: float) -> float | None:
        asked = self.conditions
        if asked.rate_bps <= 0:
            return now
        begins = max(self._free_at, now)
        if begins - now > asked.buffer_s:
            return None
        self._free_at = begins + size * 8 / asked.rate_bps
        return self._free_at
