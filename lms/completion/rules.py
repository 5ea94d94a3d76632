"""Completion: has a person done what a course asks, and why, in words.

A rule is a numbered version that is never edited. The decision is a pure function of the rule and the
coverages, so it can be recomputed from the raw evidence at any time and comes out the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lms.attendance.rules import Coverage, length


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`coverage_percent`: least coverage asked of the whole course, 1 to 100."""

    version: int
    coverage_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The decision with the numbers behind it; seconds of the session clock, summed over sessions."""

    rule: Rule
    required_s: float
    live_s: float
    replay_only_s: float
    percent: float
    live_intervals: int
    replay_intervals: int
    is_complete: bool


def decide(rule: Rule, coverages: Sequence[Coverage]) -> Completion:
    """Long sessions weigh more than short ones: coverage of the course is over its required seconds."""
    required = sum(length(coverage.required) for coverage in coverages)
    covered = sum(length(coverage.covered) for coverage in coverages)
    live = sum(length(coverage.live) for coverage in coverages)
    fraction = min(1.0, covered / required) if required > 0 else 0.0
    return Completion(
        rule=rule,
        required_s=required,
        live_s=live,
        replay_only_s=max(0.0, covered - live),
        percent=int(fraction * 1000 + 1e-6) / 10,
        live_intervals=sum(len(coverage.live) for coverage in coverages),
        replay_intervals=sum(len(coverage.replay) for coverage in coverages),
        # Compared unrounded, with room for floating point alone.
        is_complete=required > 0 and fraction * 100 + 1e-9 >= rule.coverage_percent,
    )


def describe_vi(rule: Rule) -> str:
    """The rule itself, before anybody has done anything."""
    return (
        f"Hoàn thành khi bạn tham dự ít nhất {rule.coverage_percent} % thời lượng bắt buộc, "
        "trực tiếp hoặc xem lại. Mỗi giây chỉ tính một lần."
    )


def describe_en(rule: Rule) -> str:
    return (
        f"Complete when you have attended at least {rule.coverage_percent} % of the required time, "
        "live or by replay. Each second counts once."
    )


def explain_vi(completion: Completion) -> str:
    """One sentence: the share reached, where it came from, under which version of the rule."""
    live, replay = _shares(completion)
    verdict = "Đã hoàn thành" if completion.is_complete else "Chưa hoàn thành"
    return (
        f"{verdict}: {_vi(completion.percent)} % trên {completion.rule.coverage_percent} % cần đạt, gồm "
        f"{_vi(live)} % trực tiếp ({completion.live_intervals} đoạn) và {_vi(replay)} % xem lại "
        f"({completion.replay_intervals} đoạn); quy tắc phiên bản {completion.rule.version}."
    )


def explain_en(completion: Completion) -> str:
    live, replay = _shares(completion)
    verdict = "Complete" if completion.is_complete else "Not complete yet"
    return (
        f"{verdict}: {completion.percent:g} % of the {completion.rule.coverage_percent} % needed, made of "
        f"{live:g} % live ({_intervals(completion.live_intervals)}) and {replay:g} % by replay "
        f"({_intervals(completion.replay_intervals)}); rule version {completion.rule.version}."
    )


def _shares(completion: Completion) -> tuple[float, float]:
    if completion.required_s <= 0:
        return 0.0, 0.0
    live = int(completion.live_s / completion.required_s * 1000 + 1e-6) / 10
    return live, round(completion.percent - live, 1)


def _vi(number: float) -> str:
    return f"{number:g}".replace(".", ",")


def _intervals(count: int) -> str:
    return f"{count} interval" if count == 1 else f"{count} intervals"
