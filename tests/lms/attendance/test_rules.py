"""Coverage as laws: any order, any repetition, never above the wall clock."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.attendance.rules import (
    Coverage,
    Refusal,
    ReplayReport,
    Span,
    intersect,
    judge_report,
    length,
    subtract,
    union,
)

seconds = st.integers(0, 600).map(float)
span = st.tuples(seconds, seconds).map(lambda pair: Span(min(pair), max(pair)))
spans = st.lists(span, max_size=12)


def whole_seconds(of: tuple[Span, ...] | list[Span]) -> set[int]:
    """The same set by counting, as an independent judge."""
    return {second for one in of for second in range(int(one.start), int(one.end))}


@given(spans)
def test_union_holds_exactly_the_seconds_of_its_spans(some: list[Span]) -> None:
    merged = union(some)
    assert whole_seconds(merged) == whole_seconds(some)
    assert all(a.end < b.start for a, b in zip(merged, merged[1:], strict=False))


@given(spans, spans)
def test_intersect_and_subtract_agree_with_counting(left: list[Span], right: list[Span]) -> None:
    assert whole_seconds(intersect(left, right)) == whole_seconds(left) & whole_seconds(right)
    assert whole_seconds(subtract(left, right)) == whole_seconds(left) - whole_seconds(right)


@given(spans, spans, st.integers())
def test_order_and_repetition_of_evidence_change_nothing(live: list[Span], replay: list[Span], seed: int) -> None:
    required = [Span(0, 600)]
    once = Coverage.of(required, live, replay)
    shuffled = [*live, *live]
    random.Random(seed).shuffle(shuffled)
    assert Coverage.of(required, shuffled, [*replay, *reversed(replay)]) == once


@given(spans, spans, span)
def test_coverage_is_bounded_by_time_and_more_evidence_never_lowers_it(
    live: list[Span], replay: list[Span], more: Span
) -> None:
    required = [Span(10, 300)]
    before = Coverage.of(required, live, replay)
    after = Coverage.of(required, live, [*replay, more])
    assert 0 <= before.fraction <= after.fraction <= 1
    assert length(before.covered) <= 290
    assert length(before.covered) + length(before.missing) == pytest.approx(290)


def test_missing_part_replayed_makes_the_whole() -> None:
    required = [Span(0, 120)]
    live = [Span(0, 40), Span(70, 120)]
    assert Coverage.of(required, live, []).missing == (Span(40, 70),)
    assert Coverage.of(required, live, [Span(40, 70)]).percent == 100
    assert Coverage.of(required, live, [Span(0, 40)]).percent == 75


def test_two_devices_at_once_count_once() -> None:
    assert Coverage.of([Span(0, 60)], [Span(0, 60), Span(0, 60), Span(5, 30)], []).percent == 100


def test_a_percent_is_never_rounded_up_to_the_bar() -> None:
    assert Coverage.of([Span(0, 10000)], [Span(0, 7999)], []).percent == 79.9


def test_a_session_that_requires_nothing_is_covered_by_nobody() -> None:
    assert Coverage.of([], [Span(0, 60)], []).percent == 0


def report(**changes: float) -> ReplayReport:
    values = {
        "start_s": 40.0,
        "end_s": 60.0,
        "speed": 1.0,
        "wall_start": 5000.0,
        "wall_end": 5020.0,
    } | changes
    return ReplayReport(**values)


def verdict(one: ReplayReport, *earlier: ReplayReport) -> Refusal | None:
    return judge_report(one, duration_s=120, zero_at=1000, earlier=earlier, now=6000)


def test_an_honest_report_is_believed() -> None:
    assert verdict(report()) is None
    assert verdict(report(speed=2.0, wall_end=5010.0)) is None


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"end_s": 100.0, "wall_end": 5005.0}, Refusal.MORE_THAN_WALL_TIME),
        ({"speed": 2.5}, Refusal.TOO_FAST),
        ({"speed": 0.0}, Refusal.MALFORMED),
        ({"speed": float("nan")}, Refusal.MALFORMED),
        ({"start_s": -3.0}, Refusal.MALFORMED),
        ({"end_s": 40.0}, Refusal.MALFORMED),
        ({"wall_end": 4000.0}, Refusal.MALFORMED),
        ({"start_s": 110.0, "end_s": 130.0}, Refusal.OUTSIDE_RECORDING),
        ({"wall_start": 5990.0, "wall_end": 6010.0}, Refusal.IN_THE_FUTURE),
        ({"wall_start": 1000.0, "wall_end": 1020.0}, Refusal.BEFORE_RECORDING),
    ],
)
def test_an_implausible_report_is_refused(changes: dict[str, float], refusal: Refusal) -> None:
    assert verdict(report(**changes)) is refusal


def test_two_replays_in_the_same_wall_time_are_not_both_believed() -> None:
    assert verdict(report(start_s=60.0, end_s=80.0), report()) is Refusal.OVERLAPS_IN_TIME
    assert verdict(report(start_s=60.0, end_s=80.0, wall_start=5020.0, wall_end=5040.0), report()) is None


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 30), st.floats(0.1, 3)), max_size=12))
def test_credit_never_exceeds_twice_the_wall_time_watched(claims: list[tuple[float, float, float]]) -> None:
    believed: list[ReplayReport] = []
    wall = 5000.0
    for start, took, speed in claims:
        claim = report(start_s=start, end_s=start + took * speed, speed=speed, wall_start=wall, wall_end=wall + took)
        if verdict(claim, *believed) is None:
            believed.append(claim)
        wall += took / 2
    watched = length(Span(one.wall_start, one.wall_end) for one in believed)
    slack = 3.0 * (len(believed) + 1)
    assert length(Span(one.start_s, one.end_s) for one in believed) <= 2 * watched + slack
