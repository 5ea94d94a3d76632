"""A room's journal run: events in order, when a recording counts as finished, folder names."""

import json
from contextlib import contextmanager

import pytest

from sfu._dataplane import Dataplane
from sfu.config import LeaveReason
from sfu.errors import SfuError
from sfu.ids import RoomName
from sfu.recording import Recording, finish, is_unfinished, room_folder
from tests.sfu.journal_reader import read_run
from tests.sfu.rooms import NOW, a_request, a_room, with_participant

ROOM = RoomName("lesson")


@contextmanager
def a_plane():
    plane = Dataplane(bind="127.0.0.1:0")
    try:
        yield plane
    finally:
        plane.close()


def events_of(folder):
    return [json.loads(frame.payload) for frame in read_run(folder) if frame.type == 1]


def test_a_run_opens_with_the_room_and_closes_with_a_reason(tmp_path):
    with a_plane() as plane:
        Recording(plane, tmp_path, a_room().info(), NOW).close("room_deleted")
    assert events_of(tmp_path / "lesson" / "0000001000000") == [
        {"event": "opened", "room": "lesson", "sid": "RM_1", "at_ms": 1_000_000},
        {"event": "closed", "reason": "room_deleted"},
    ]


def test_people_chat_and_speakers_are_written_in_order(tmp_path):
    room = a_room()
    sid = with_participant(room, "ana", name="Ana")
    with a_plane() as plane:
        recording = Recording(plane, tmp_path, room.info(), NOW)
        recording.add_participant(room.participant(sid).info())
        recording.add_chat(room.participant(sid).info(), "xin chào")
        recording.add_speakers([sid])
        for event in room.leave(sid, LeaveReason.CLIENT_INITIATED, NOW):
            recording.handle(event)
        recording.suspend()
    assert events_of(tmp_path / "lesson" / "0000001000000")[1:] == [
        {"event": "participant_joined", "sid": sid, "identity": "ana", "name": "Ana"},
        {"event": "chat", "identity": "ana", "name": "Ana", "text": "xin chào"},
        {"event": "speakers", "sids": [sid]},
        {"event": "participant_left", "sid": sid},
    ]


def test_a_newcomers_event_is_written(tmp_path):
    room = a_room()
    with a_plane() as plane:
        recording = Recording(plane, tmp_path, room.info(), NOW)
        for event in room.join("PA_b", a_request("binh"), NOW):
            recording.handle(event)
        recording.suspend()
    assert events_of(tmp_path / "lesson" / "0000001000000")[1]["identity"] == "binh"


def test_a_run_without_closed_is_unfinished(tmp_path):
    room = a_room().info()
    assert not is_unfinished(tmp_path, ROOM)
    with a_plane() as plane:
        Recording(plane, tmp_path, room, NOW).suspend()
    assert is_unfinished(tmp_path, ROOM)
    with a_plane() as plane:
        finish(plane, tmp_path, room, NOW + 5)
    assert not is_unfinished(tmp_path, ROOM)


def test_a_torn_journal_is_unfinished(tmp_path):
    with a_plane() as plane:
        Recording(plane, tmp_path, a_room().info(), NOW).close("over")
    piece = tmp_path / "lesson" / "0000001000000" / "000000.jnl"
    piece.write_bytes(piece.read_bytes()[:-3])
    assert is_unfinished(tmp_path, ROOM)


def test_each_run_is_later_than_the_one_before_even_if_the_clock_is_not(tmp_path):
    room = a_room().info()
    with a_plane() as plane:
        for now in (NOW, NOW, NOW - 100):
            Recording(plane, tmp_path, room, now).suspend()
    runs = sorted(each.name for each in (tmp_path / "lesson").iterdir())
    assert runs == ["0000001000000", "0000001000001", "0000001000002"]


@pytest.mark.parametrize(
    "name,folder",
    [("s-12", "s-12"), ("a/b", "a%2Fb"), ("..", "%2E."), ("Lớp 1", "L%E1%BB%9Bp 1"), ("a%2Fb", "a%252Fb")],
)
def test_room_names_are_safe_and_distinct_folders(tmp_path, name, folder):
    assert room_folder(tmp_path, RoomName(name)) == tmp_path / folder


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "lesson").write_text("in the way")
    with a_plane() as plane, pytest.raises(SfuError) as failed:
        Recording(plane, tmp_path, a_room().info(), NOW)
    assert failed.value.code == "journal_unwritable"
