"""From times to the session clock."""

import pytest

from lms.attendance.clock import early_part, on_clock, required_spans
from lms.attendance.rules import Span


@pytest.mark.parametrize(
    ("duration", "start", "minutes", "expected"),
    [
        (600, 0, None, (Span(0, 600),)),
        (600, 0, 5, (Span(0, 300),)),
        (600, 5, None, (Span(300, 600),)),
        (600, 5, 60, (Span(300, 600),)),
        (600, 2, 3, (Span(120, 300),)),
        (600, 20, 5, ()),
        (0, 0, None, ()),
        (600, 0, 0, ()),
    ],
)
def test_required_is_cut_to_what_was_held(
    duration: float, start: float, minutes: float | None, expected: tuple[Span, ...]
) -> None:
    assert required_spans(duration, start, minutes) == expected


def test_presence_before_second_zero_is_cut_off() -> None:
    assert on_clock(90, 110, zero_unix=100) == Span(0, 10)
    assert on_clock(105, 110, zero_unix=100.5) == Span(4.5, 9.5)
    assert on_clock(80, 100, zero_unix=100) is None
    assert on_clock(110, 110, zero_unix=100) is None


def test_waiting_before_the_scheduled_start_is_not_required() -> None:
    assert required_spans(900, 0, None, early_s=300) == (Span(300, 900),)
    assert required_spans(900, 1, 5, early_s=300) == (Span(360, 660),)


def test_the_early_part_lasts_until_the_start_unless_all_was_held_before_it() -> None:
    assert early_part(300, 900, has_ended=True) == 300
    assert early_part(300, 100, has_ended=False) == 300
    assert early_part(300, 100, has_ended=True) == 0
    assert early_part(-60, 100, has_ended=True) == 0
