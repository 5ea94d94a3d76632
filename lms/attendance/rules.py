"""Coverage: how much of a session a person has really taken part in, live or by replay.

Invariant: coverage is the length of a union of proven spans on the session clock, divided by the length
of what is required. So the order of evidence does not matter, the same evidence twice changes nothing, two
devices at once count once, and more evidence never lowers it. All times are seconds on the session clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

MAX_SPEED = 2.0
"""Fastest replay that counts: beyond it speech is not followed."""

MIN_SPEED = 0.25
"""Slowest speed the player offers, with room to spare; anything below is a broken or forged report."""

WALL_SLACK_S = 1.5
"""A report may claim this much more media than wall time x speed: timers and buffers are not exact."""

JOIN_GAP_S = 1.0
"""Spans of presence are whole seconds, so a hole shorter than one second is rounding and not absence."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch [start, end) of the session clock, in seconds."""

    start: float
    end: float

    @property
    def length(self) -> float:
        return max(0.0, self.end - self.start)


def union(spans: Iterable[Span], *, join_gap_s: float = 0.0) -> tuple[Span, ...]:
    """The same seconds as `spans`, sorted and disjoint; holes of at most `join_gap_s` are closed."""
    merged: list[Span] = []
    for span in sorted(span for span in spans if span.end > span.start):
        if merged and span.start <= merged[-1].end + join_gap_s:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def intersect(left: Iterable[Span], right: Iterable[Span]) -> tuple[Span, ...]:
    """The seconds that are in both."""
    ours, theirs = union(left), union(right)
    found: list[Span] = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        start, end = max(ours[i].start, theirs[j].start), min(ours[i].end, theirs[j].end)
        if start < end:
            found.append(Span(start, end))
        if ours[i].end <= theirs[j].end:
            i += 1
        else:
            j += 1
    return tuple(found)


def subtract(left: Iterable[Span], right: Iterable[Span]) -> tuple[Span, ...]:
    """The seconds of `left` that are not in `right`."""
    holes = union(right)
    rest: list[Span] = []
    for span in union(left):
        cursor = span.start
        for hole in holes:
            if hole.end <= cursor or hole.start >= span.end:
                continue
            if hole.start > cursor:
                rest.append(Span(cursor, hole.start))
            cursor = hole.end
        if cursor < span.end:
            rest.append(Span(cursor, span.end))
    return tuple(rest)


def length(spans: Iterable[Span]) -> float:
    """Seconds covered, each counted once."""
    return sum(span.length for span in union(spans))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one person has proven of one session: `required`, `live` and `replay` are disjoint and sorted."""

    required: tuple[Span, ...]
    live: tuple[Span, ...]
    replay: tuple[Span, ...]

    @classmethod
    def of(cls, required: Iterable[Span], live: Iterable[Span], replay: Iterable[Span]) -> "Coverage":
        """Evidence outside `required` is left out: it can neither help nor harm."""
        wanted = union(required)
        return cls(
            required=wanted,
            live=intersect(union(live, join_gap_s=JOIN_GAP_S), wanted),
            replay=intersect(replay, wanted),
        )

    @property
    def covered(self) -> tuple[Span, ...]:
        return union((*self.live, *self.replay))

    @property
    def missing(self) -> tuple[Span, ...]:
        return subtract(self.required, self.covered)

    @property
    def fraction(self) -> float:
        """0.0 to 1.0; a session that requires nothing is covered by nobody, so 0."""
        required = length(self.required)
        return min(1.0, length(self.covered) / required) if required > 0 else 0.0

    @property
    def percent(self) -> float:
        """0 to 100, rounded down to a tenth so that 79.99 is never shown as the 80 it is not."""
        return int(self.fraction * 1000 + 1e-6) / 10


class Refusal(StrEnum):
    """Why a replay report was not believed."""

    MALFORMED = "report_malformed"
    TOO_FAST = "report_too_fast"
    MORE_THAN_WALL_TIME = "report_more_than_wall_time"
    IN_THE_FUTURE = "report_in_the_future"
    OUTSIDE_RECORDING = "report_outside_recording"
    BEFORE_RECORDING = "report_before_recording"
    OVERLAPS_IN_TIME = "report_overlaps_in_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What a player says it has played: [start_s, end_s) at `speed` between two instants (unix seconds)."""

    start_s: float
    end_s: float
    speed: float
    wall_start: float
    wall_end: float


def judge_report(
    report: ReplayReport,
    *,
    duration_s: float,
    zero_at: float,
    earlier: Sequence[ReplayReport],
    now: float,
) -> Refusal | None:
    """None when `report` is plausible, else why not.

    `earlier` are this person's believed reports on any session: nobody watches two replays in the same
    stretch of wall time and has both counted. `zero_at` is session second 0 in unix seconds.
    """
    numbers = (report.start_s, report.end_s, report.speed, report.wall_start, report.wall_end)
    if any(number != number or abs(number) > 1e12 for number in numbers):
        return Refusal.MALFORMED
    if report.start_s < 0 or report.end_s <= report.start_s or report.wall_end < report.wall_start:
        return Refusal.MALFORMED
    if not MIN_SPEED <= report.speed:
        return Refusal.MALFORMED
    if report.speed > MAX_SPEED:
        return Refusal.TOO_FAST
    return _judge_times(report, duration_s=duration_s, zero_at=zero_at, earlier=earlier, now=now)


def _judge_times(
    report: ReplayReport,
    *,
    duration_s: float,
    zero_at: float,
    earlier: Sequence[ReplayReport],
    now: float,
) -> Refusal | None:
    wall_s = report.wall_end - report.wall_start
    if report.end_s - report.start_s > report.speed * wall_s + WALL_SLACK_S:
        return Refusal.MORE_THAN_WALL_TIME
    if report.wall_end > now + WALL_SLACK_S:
        return Refusal.IN_THE_FUTURE
    if report.end_s > duration_s + WALL_SLACK_S:
        return Refusal.OUTSIDE_RECORDING
    # What has not happened yet cannot be replayed.
    if report.wall_end < zero_at + report.end_s - WALL_SLACK_S:
        return Refusal.BEFORE_RECORDING
    if any(_overlap_s(report, other) > WALL_SLACK_S for other in earlier):
        return Refusal.OVERLAPS_IN_TIME
    return None


def _overlap_s(one: ReplayReport, other: ReplayReport) -> float:
    return min(one.wall_end, other.wall_end) - max(one.wall_start, other.wall_start)
