"""How much of its videos a node leaves away while its media threads have no time left: video first, audio never.

Busy is the share of a second that the busiest media thread computed. Each step takes a layer off every video that has
one to spare, then temporal layers of what is left. What a step has saved is remembered: it is given back when there is
room for it, or tried after long calm, because what was saved may have gone meanwhile; the next try comes later.
"""

from sfu.policy.layers import WHOLE, rung_of

BUSY = 0.85
CALM = 0.65
# what the node may be busy with after a step back
ENOUGH_LEFT = 0.75
MOST_STEPS = 4
# a key frame for everybody fills one second, not two
SECONDS_TO_TAKE = 2
SECONDS_TO_GIVE = 5
# publishers stop a layer nobody takes some seconds later: until then what a step saves is learnt
SECONDS_TO_LEARN = (2, 8)
# so soon after a step back one busy second shows that it came too early
TRIAL_S = 10
PATIENCE_S = 40
MOST_PATIENCE_S = 320
DISTRUST = 1.3


class Shedding:
    """`note` once a second; `steps` are in force."""

    def __init__(self) -> None:
        # of each step in force: how many times as busy the node was before it
        self._savings: list[float] = []
        self._seconds = 0
        self._is_trial = False
        self._busy_seconds = 0
        self._roomy_seconds = 0
        self._calm_seconds = 0
        self._busy_before = 0.0
        # of the step last given back, and whether it was known to be too much
        self._saving_given = 1.0
        self._was_blind = False
        self._is_learning = False
        self._distrust = 1.0
        self._patience_s = PATIENCE_S

    @property
    def steps(self) -> int:
        return len(self._savings)

    def note(self, busy: float) -> bool:
        """Whether `steps` has changed."""
        self._seconds += 1
        self._learn(busy)
        self._busy_seconds = self._busy_seconds + 1 if busy > BUSY else 0
        self._calm_seconds = self._calm_seconds + 1 if busy < CALM else 0
        self._roomy_seconds = self._roomy_seconds + 1 if self._after_a_step_back(busy) < ENOUGH_LEFT else 0
        is_relapse = self._is_trial and self._seconds <= TRIAL_S
        if self._busy_seconds >= (1 if is_relapse else SECONDS_TO_TAKE) and self.steps < MOST_STEPS:
            self._take(busy, is_relapse=is_relapse)
            return True
        if self.steps and (self._roomy_seconds >= SECONDS_TO_GIVE or self._calm_seconds >= self._patience_s):
            self._give()
            return True
        return False

    def _learn(self, busy: float) -> None:
        first, last = SECONDS_TO_LEARN
        if self._is_learning and first <= self._seconds <= last:
            self._savings[-1] = max(self._savings[-1], self._busy_before / max(busy, 0.01))

    def _after_a_step_back(self, busy: float) -> float:
        if not self.steps or (self._is_learning and self._seconds <= SECONDS_TO_LEARN[1]):
            return 1.0
        return busy * self._savings[-1] * self._distrust

    def _take(self, busy: float, *, is_relapse: bool) -> None:
        if is_relapse:
            self._distrust *= 1.0 if self._was_blind else DISTRUST
            self._patience_s = min(2 * self._patience_s, MOST_PATIENCE_S)
        elif not self.steps:
            self._distrust, self._patience_s = 1.0, PATIENCE_S
        self._savings.append(self._saving_given if is_relapse else 1.0)
        self._busy_before = busy
        self._is_learning = not is_relapse or self._saving_given == 1.0
        self._begin(is_trial=False)

    def _give(self) -> None:
        self._saving_given = self._savings.pop()
        self._was_blind = self._roomy_seconds < SECONDS_TO_GIVE
        self._is_learning = False
        if self._was_blind:
            # the load may be another one than what was learnt of
            self._savings = [1.0] * self.steps
        self._begin(is_trial=True)

    def _begin(self, *, is_trial: bool) -> None:
        self._is_trial = is_trial
        self._seconds = self._busy_seconds = self._roomy_seconds = self._calm_seconds = 0


def best_rung(layers: int, steps: int) -> int:
    """The best that a subscriber may get of a video with so many layers."""
    top = layers - 1 - steps
    return rung_of(top) if top >= 0 else max(WHOLE + top, 0)
