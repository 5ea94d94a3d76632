"""Searching Vietnamese."""

import pytest

from lms.text import fold, tidy


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Bồi dưỡng", "boi duong"), ("ĐÀ LẠT", "da lat"), ("Nguyễn  Thị\tHoa ", "nguyen thi hoa"), ("K’Brịch", "k’brich")],
)
def test_folding_drops_case_and_diacritics(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_both_ways_of_writing_a_letter_are_one() -> None:
    composed, decomposed = "Nguyễn", "Nguye\u0302\u0303n"
    assert composed != decomposed
    assert tidy(decomposed) == composed
    assert fold(decomposed) == fold(composed)
