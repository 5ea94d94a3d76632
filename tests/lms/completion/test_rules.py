"""The decision and its words."""

from hypothesis import given
from hypothesis import strategies as st

from lms.attendance.rules import Coverage, Span
from lms.completion.rules import Rule, decide, describe_en, describe_vi, explain_en, explain_vi

RULE = Rule(version=3, coverage_percent=80)


def coverage(live: list[Span], replay: list[Span], required_s: float = 100) -> Coverage:
    return Coverage.of([Span(0, required_s)], live, replay)


def test_live_and_replay_together_reach_the_bar() -> None:
    completion = decide(RULE, [coverage([Span(0, 61)], [Span(61, 82)])])
    assert completion.is_complete
    assert completion.percent == 82
    assert explain_en(completion) == (
        "Complete: 82 % of the 80 % needed, made of 61 % live (1 interval) and 21 % by replay (1 interval); "
        "rule version 3."
    )
    assert explain_vi(completion).startswith("Đã hoàn thành: 82 % trên 80 % cần đạt, gồm 61 % trực tiếp (1 đoạn)")


def test_just_below_the_bar_is_not_complete() -> None:
    completion = decide(RULE, [coverage([Span(0, 79.99)], [])])
    assert not completion.is_complete
    assert "79,9 %" in explain_vi(completion)


def test_exactly_the_bar_is_complete() -> None:
    assert decide(RULE, [coverage([Span(0, 80)], [])]).is_complete


def test_long_sessions_weigh_more() -> None:
    short_missed = [coverage([], [], 10), coverage([Span(0, 90)], [], 90)]
    assert decide(RULE, short_missed).percent == 90


def test_a_course_without_sessions_is_not_complete() -> None:
    assert not decide(RULE, []).is_complete


def test_the_rule_is_told_in_plain_words_in_both_languages() -> None:
    assert "80 %" in describe_vi(RULE) and "80 %" in describe_en(RULE)


@given(st.integers(0, 100), st.integers(0, 100), st.integers(1, 100))
def test_more_evidence_never_takes_completion_away(live: int, replay: int, bar: int) -> None:
    rule = Rule(version=1, coverage_percent=bar)
    before = decide(rule, [coverage([Span(0, live)], [])])
    after = decide(rule, [coverage([Span(0, live)], [Span(0, replay)])])
    assert after.percent >= before.percent
    assert after.is_complete or not before.is_complete
