"""Names on the wire."""

import os

from signaling.protocol import naming
from signaling.protocol.naming import SidPrefix


def test_a_sid_has_its_prefix_and_twelve_characters() -> None:
    sid = naming.new_sid(SidPrefix.ROOM, os.urandom)
    assert sid.startswith("RM_") and len(sid) == 15


def test_the_same_chance_gives_the_same_sid() -> None:
    assert naming.new_sid(SidPrefix.EVENT, bytes) == "EV_" + "2" * 12


def test_a_sid_of_another_kind_is_none() -> None:
    assert naming.is_sid("TR_abc", SidPrefix.TRACK)
    assert not naming.is_sid("PA_abc", SidPrefix.TRACK)
    assert not naming.is_sid("TR_", SidPrefix.TRACK)


def test_names_are_printable_and_bounded() -> None:
    assert naming.is_name("phòng họp 1")
    assert not naming.is_name("")
    assert not naming.is_name("a" * 257)
    assert not naming.is_name("a\nb")


def test_the_room_of_a_session_leads_back_to_it() -> None:
    assert naming.session_of_room(naming.room_of_session("42")) == "42"
    assert naming.session_of_room("hall") is None
    assert naming.session_of_room("s-") is None
