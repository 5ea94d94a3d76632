"""Sids: prefix, length, alphabet."""

import pytest

from sfu.ids import ALPHABET, SID_LENGTH, TRACK_PREFIX, make_sid


def test_a_sid_is_prefix_and_twelve_letters():
    sid = make_sid(TRACK_PREFIX + "VC", bytes(range(12)))
    assert sid.startswith("TR_VC") and len(sid) == 5 + SID_LENGTH


def test_letters_have_no_look_alikes():
    assert not set("0O1lIo") & set(ALPHABET)


def test_equal_entropy_makes_equal_sids_and_little_is_refused():
    assert make_sid("PA_", b"x" * 12) == make_sid("PA_", b"x" * 12)
    with pytest.raises(ValueError):
        make_sid("PA_", b"x")
