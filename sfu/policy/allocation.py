"""How the bandwidth of one subscriber is shared among the videos it is sent.

Nothing is held back while nothing says the path is full. Once the estimate is below what is sent and grows no more,
audio comes first, then screens, then who speaks, then the rest, bigger pictures before smaller ones. A video of which
not even the cheapest encoding fits is paused. A total that failed is not tried again for a while, longer each time,
unless probes have proven meanwhile that the path carries it: `wanted_bps` says what they are to look for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from sfu.ids import TrackSid

PAUSED = -1

# where the data plane's estimate starts
FIRST_ESTIMATE_BPS = 2_000_000
# an estimate this far below its best says that the path is full, and so does one that has not grown this often
FALLEN = 0.95
GROWN = 1.01
STALLED_TIMES = 2
# a raise is to leave this share of the estimate free
RAISE_SHARE = 0.9
# a second raises the total to so many times what it was and so much more: what a receiver says of a path that is little
# used (REMB) may be beyond what the path carries
STEP_TIMES = 3.0
STEP_BPS = 500_000
# all limits end when everything wanted takes no more than this share
EASE_SHARE = 0.8
# while no video flows at all, no bar holds back what takes no more than this share
AMPLE_SHARE = 0.5
# a lowered estimate is 0.85 of what arrived: what flows already may take all of that
KEPT_TIMES = 1.2
# a total that failed is known to fit when so many times as much has been proven
PROVEN_TIMES = 1.15
# how long more than that is sent, by how many times more than the estimate it is: a passing disturbance looks small
PATIENCE_S = ((2.0, 0.0), (1.4, 1.0), (1.0, 5.0))
# a shortage so soon after more was granted comes from that
TRIAL_S = 6.0
# a total that failed is barred so long at first, and at most
FIRST_BAR_S = 10.0
LONGEST_BAR_S = 80.0


class Rank(IntEnum):
    """Who is served first."""

    SCREEN = 0
    SPEAKER = 1
    OTHER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A video that is to be sent. `costs_bps`: of each rung (`sfu.policy.layers`), lowest first; None: does not flow.

    `height`: as it is drawn, 0 = not said. `wanted`: the rung it gets while there is room. `priority`: the
    subscriber's own order, the highest first; 0 = by rank.
    """

    track: TrackSid
    rank: Rank
    wanted: int
    costs_bps: Sequence[int | None]
    height: int = 0
    priority: int = 0

    @property
    def is_important(self) -> bool:
        return self.rank is not Rank.OTHER or self.priority > 0

    def options(self) -> list[tuple[int, int]]:
        """Encodings to choose from with their costs, cheapest first."""
        costs = enumerate(self.costs_bps[: self.wanted + 1])
        flowing = [(index, cost) for index, cost in costs if cost is not None]
        if not flowing:
            # only better ones than wanted flow: the nearest
            later = enumerate(self.costs_bps)
            flowing = [(index, cost) for index, cost in later if cost is not None][:1]
        return flowing

    def cost_bps(self, ceiling: int) -> int:
        """What it takes under a ceiling."""
        return max((cost for index, cost in self.options() if index <= ceiling), default=0)


@dataclass(slots=True)
class Allocation:
    """Of one subscriber. `ceilings`: the best rung each video may get, PAUSED for none; not named = no limit.

    `wanted_bps`: what the path must carry for all limits to end, 0 without limits.
    """

    ceilings: dict[TrackSid, int] = field(default_factory=dict)
    wanted_bps: int = 0
    _best_bps: int = FIRST_ESTIMATE_BPS
    _stalled: int = 0
    _short_since: float | None = None
    _raised_at: float | None = None
    _failed_bps: int = 0
    _barred_until: float = 0.0
    _bar_s: float = FIRST_BAR_S
    # between the first reduction and the end of all limits
    _is_limited: bool = False

    def is_suspect(self, available_bps: int) -> bool:
        """Whether `divide` may have anything to do: to be asked once a second (0 = unknown)."""
        has_grown = available_bps == 0 or available_bps >= GROWN * self._best_bps
        self._stalled = 0 if has_grown else self._stalled + 1
        has_fallen = 0 < available_bps < FALLEN * self._best_bps
        self._best_bps = max(self._best_bps, available_bps)
        return self._is_limited or has_fallen or self._stalled >= STALLED_TIMES

    def divide(self, available_bps: int, audio_bps: int, claims: Sequence[Claim], now: float) -> None:
        """Sets `ceilings`."""
        wanted_bps = audio_bps + sum(claim.cost_bps(len(claim.costs_bps)) for claim in claims)
        used_bps = audio_bps + sum(claim.cost_bps(self._held(claim)) for claim in claims)
        is_roomy = used_bps == wanted_bps and wanted_bps <= EASE_SHARE * available_bps
        if available_bps == 0 or (is_roomy and not self._is_barred(available_bps, now)):
            self._ease(available_bps)
            return
        is_borne = self._is_borne(used_bps, available_bps, now)
        if not self._is_limited and is_borne:
            return
        before = {claim.track: self._held(claim) for claim in claims}
        kept_bps = max(available_bps, used_bps) if is_borne else int(KEPT_TIMES * available_bps)
        raised_bps = min(self._raised(available_bps, now), STEP_TIMES * used_bps + STEP_BPS)
        if used_bps == audio_bps:
            raised_bps = max(raised_bps, AMPLE_SHARE * available_bps)
        self.ceilings = self._share(audio_bps, claims, kept_bps=kept_bps, raised_bps=raised_bps)
        self.wanted_bps = int(wanted_bps / EASE_SHARE)
        self._is_limited = True
        if any(self.ceilings[track] > held for track, held in before.items()):
            self._raised_at = now
        if any(self.ceilings[track] < held for track, held in before.items()) and used_bps > kept_bps:
            self._note_failure(used_bps, now)

    def _ease(self, available_bps: int) -> None:
        self.ceilings = {}
        self.wanted_bps = 0
        self._is_limited = False
        self._short_since = None
        self._best_bps = available_bps or FIRST_ESTIMATE_BPS
        self._stalled = 0

    def _held(self, claim: Claim) -> int:
        """What it may take now, at most what it wants; a video that comes while there is little has nothing yet."""
        options = claim.options()
        top = options[-1][0] if options else claim.wanted
        return min(top, self.ceilings.get(claim.track, PAUSED if self._is_limited else top))

    def _is_borne(self, used_bps: int, available_bps: int, now: float) -> bool:
        """Whether a shortage is to be waited out still."""
        if used_bps <= KEPT_TIMES * available_bps:
            self._short_since = None
            return True
        if self._short_since is None:
            self._short_since = now
        if self._raised_at is not None and now < self._raised_at + TRIAL_S:
            return False
        patience_s = next(wait for times, wait in PATIENCE_S if used_bps >= times * available_bps)
        return now - self._short_since < patience_s

    def _raised(self, available_bps: int, now: float) -> float:
        """Up to which total more may be granted than is held."""
        if self._is_barred(available_bps, now):
            return RAISE_SHARE * min(available_bps, self._failed_bps)
        return RAISE_SHARE * available_bps

    def _is_barred(self, available_bps: int, now: float) -> bool:
        return now < self._barred_until and available_bps < PROVEN_TIMES * self._failed_bps

    def _note_failure(self, used_bps: int, now: float) -> None:
        is_relapse = self._barred_until > 0.0 and now < self._barred_until + 2 * self._bar_s
        self._bar_s = min(2 * self._bar_s, LONGEST_BAR_S) if is_relapse else FIRST_BAR_S
        self._failed_bps, self._barred_until = used_bps, now + self._bar_s
        self._short_since = None

    def _order(self, claim: Claim) -> tuple[int, Rank, int, bool]:
        return -claim.priority, claim.rank, -claim.height, self._held(claim) == PAUSED

    def _share(
        self, audio_bps: int, claims: Iterable[Claim], *, kept_bps: int, raised_bps: float
    ) -> dict[TrackSid, int]:
        """Everyone important gets the cheapest first, then better ones in turn; then the others likewise."""
        in_order = sorted(claims, key=self._order)
        important = [claim for claim in in_order if claim.is_important]
        others = [claim for claim in in_order if not claim.is_important]
        granted: dict[TrackSid, int] = {}
        spent_bps = audio_bps
        for group in (important, others):
            for best_only in (False, True):
                for claim in group:
                    held = self._held(claim)
                    current = granted.get(claim.track, PAUSED)
                    options = claim.options()
                    for index, cost in options if best_only else options[:1]:
                        total = spent_bps - claim.cost_bps(current) + cost
                        if index > current and total <= (kept_bps if index <= held else raised_bps):
                            spent_bps, current = total, index
                    granted[claim.track] = current if options else len(claim.costs_bps)
        return granted
