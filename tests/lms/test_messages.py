"""Every code that the code can raise has words in both languages."""

import re
from pathlib import Path

import lms
from lms.attendance.rules import Refusal
from lms.messages import MESSAGES, message

ROOT = Path(lms.__file__).parent
_RAISED = re.compile(
    r"(?:Malformed|Invalid|Unauthenticated|Forbidden|NotFound|Conflict|TooLarge|TooMany|Unavailable|AdminError)"
    r"\(\s*\"(\w+)\""
)
_FAULT = re.compile(
    r"(?:fault|_fail)\([^\"()]*(?:\([^()]*\))?[^\"()]*(?:\"\w*\"|cell\.strip\(\)\[:40\]|name|found), \"(\w+)\""
)


def test_every_raised_code_has_words() -> None:
    source = "\n".join(path.read_text("utf-8") for path in ROOT.rglob("*.py"))
    raised = {*_RAISED.findall(source), *_FAULT.findall(source), *(str(refusal) for refusal in Refusal)}
    assert len(raised) > 60
    assert raised - set(MESSAGES) == set()


def test_no_words_are_left_over() -> None:
    source = "\n".join(path.read_text("utf-8") for path in ROOT.rglob("*.py") if path.name != "messages.py")
    unused = {code for code in MESSAGES if f'"{code}"' not in source} - {str(refusal) for refusal in Refusal}
    assert unused == set()


def test_both_languages_fill_the_same_places() -> None:
    for code, (vietnamese, english) in MESSAGES.items():
        places = [sorted(re.findall(r"\{(\w+)\}", text)) for text in (vietnamese, english)]
        assert places[0] == places[1], code
        assert vietnamese != english


def test_data_fills_the_places() -> None:
    assert message("unknown_unit", {"value": "x"}) == ("Không có đơn vị mang mã «x».", "No unit has the code “x”.")
