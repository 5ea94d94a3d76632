"""How much of its videos a node leaves away while its media threads have no time left: video first, audio never.

Busy is the share of a second that the busiest media thread computed. Each step takes a layer off every video that has
one to spare, then temporal layers of what is left. What was given back too early is given back later the next time.
"""

from sfu.policy.layers import WHOLE, rung_of

BUSY = 0.85
CALM = 0.65
MOST_STEPS = 4
# a key frame for everybody fills one second, not two
SECONDS_TO_TAKE = 2
SECONDS_TO_GIVE = 5
# so that all that was taken is back within a minute
MOST_SECONDS_TO_GIVE = 15


class Shedding:
    """`note` once a second; `steps` are in force."""

    def __init__(self) -> None:
        self.steps = 0
        self._busy_seconds = 0
        self._calm_seconds = 0
        self._seconds_to_give = SECONDS_TO_GIVE
        self._seconds_since_given = MOST_SECONDS_TO_GIVE

    def note(self, busy: float) -> bool:
        """Whether `steps` has changed."""
        self._busy_seconds = self._busy_seconds + 1 if busy > BUSY else 0
        self._calm_seconds = self._calm_seconds + 1 if busy < CALM else 0
        self._seconds_since_given += 1
        if self._busy_seconds >= SECONDS_TO_TAKE and self.steps < MOST_STEPS:
            self._take()
            return True
        if self._calm_seconds >= self._seconds_to_give and self.steps:
            self._give()
            return True
        return False

    def _take(self) -> None:
        self.steps += 1
        self._busy_seconds = 0
        is_relapse = self._seconds_since_given <= MOST_SECONDS_TO_GIVE
        self._seconds_to_give = min(2 * self._seconds_to_give, MOST_SECONDS_TO_GIVE) if is_relapse else SECONDS_TO_GIVE
        self._seconds_since_given = MOST_SECONDS_TO_GIVE

    def _give(self) -> None:
        self.steps -= 1
        self._calm_seconds = 0
        self._seconds_since_given = 0


def best_rung(layers: int, steps: int) -> int:
    """The best that a subscriber may get of a video with so many layers."""
    top = layers - 1 - steps
    return rung_of(top) if top >= 0 else max(WHOLE + top, 0)
