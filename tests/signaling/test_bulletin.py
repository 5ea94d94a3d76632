"""Comings and goings are told at once while they are few, and together while they are many."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from signaling.session.bulletin import COUNTS_EVERY_S, PEOPLE_EVERY_S, Bulletin
from tests.signaling.builders import a_room

ACTIVE = models.ParticipantInfo.State.ACTIVE
GONE = models.ParticipantInfo.State.DISCONNECTED


def about(sid: str, *, state: models.ParticipantInfo.State.ValueType = ACTIVE) -> rtc.ParticipantUpdate:
    person = models.ParticipantInfo(sid=sid, identity=sid.partition("#")[0], state=state)
    return rtc.ParticipantUpdate(participants=[person])


def people(responses: list[rtc.SignalResponse]) -> list[tuple[str, int]]:
    return [(each.sid, each.state) for response in responses for each in response.update.participants]


def test_the_first_is_told_at_once_and_the_next_together() -> None:
    bulletin = Bulletin()
    bulletin.note_people(about("an"))
    assert people(bulletin.take(10.0)) == [("an", ACTIVE)]
    for name in ("binh", "chi"):
        bulletin.note_people(about(name))
        assert bulletin.take(10.1) == []
    assert bulletin.due_at() == 10.0 + PEOPLE_EVERY_S
    due = bulletin.take(10.0 + PEOPLE_EVERY_S)
    assert len(due) == 1
    assert people(due) == [("binh", ACTIVE), ("chi", ACTIVE)]
    assert bulletin.due_at() is None


def test_who_came_and_went_did_both_and_an_earlier_stay_ends_before_the_next_begins() -> None:
    bulletin = Bulletin()
    bulletin.note_people(about("other"))
    bulletin.take(0.0)
    bulletin.note_people(about("an#1"))
    bulletin.note_people(about("an#1", state=GONE))
    bulletin.note_people(about("an#2"))
    assert people(bulletin.take(1.0)) == [("an#1", ACTIVE), ("an#1", GONE), ("an#2", ACTIVE)]


def test_what_waits_about_somebody_can_be_hurried_or_forgotten() -> None:
    bulletin = Bulletin()
    bulletin.note_people(about("other"))
    bulletin.take(0.0)
    bulletin.note_people(about("an#1", state=GONE))
    assert bulletin.owes("an")
    assert not bulletin.owes("binh")
    bulletin.hurry()
    assert people(bulletin.take(0.01)) == [("an#1", GONE)]
    bulletin.note_people(about("binh"))
    bulletin.forget("binh")
    assert bulletin.due_at() is None


def test_counts_wait_longer_and_anything_else_of_the_room_does_not() -> None:
    bulletin = Bulletin()
    info = a_room()
    bulletin.note_room(info)
    assert len(bulletin.take(0.0)) == 1
    bulletin.note_room(replace(info, num_participants=7))
    assert bulletin.take(COUNTS_EVERY_S - 0.01) == []
    bulletin.note_room(replace(info, num_participants=8))
    assert [each.room_update.room.num_participants for each in bulletin.take(COUNTS_EVERY_S)] == [8]
    bulletin.note_room(replace(info, num_participants=9, metadata="now"))
    assert [each.room_update.room.metadata for each in bulletin.take(COUNTS_EVERY_S + 0.01)] == ["now"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans(), st.floats(0, 0.2)), max_size=60))
def test_after_all_of_it_everybody_knows_what_is_true(changes: list[tuple[str, bool, float]]) -> None:
    bulletin, now, told, true = Bulletin(), 0.0, {}, {}
    for name, is_there, later in changes:
        now += later
        state = ACTIVE if is_there else GONE
        bulletin.note_people(about(name, state=state))
        true[name] = state
        told.update(people(bulletin.take(now)))
        assert bulletin.due_at() is None or now < bulletin.due_at() <= now + PEOPLE_EVERY_S
    told.update(people(bulletin.take(bulletin.due_at() or now)))
    assert told == true
