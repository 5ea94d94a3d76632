"""A participant changes room with its transports: media, presence and journals are right in both."""

import pytest

from sfu.config import RoomRequest
from sfu.errors import NotReadyError
from sfu.events import (
    ParticipantActive,
    ParticipantLeft,
    PresenceProven,
    SubscriptionAdded,
    TrackPublished,
)
from sfu.ids import Identity, RoomName
from tests.sfu.clients import ROOM, Client, Story, an_engine, clients, next_frame
from tests.sfu.journal_reader import EVENT, RTP, read_run

THERE = RoomName("breakout")
ANA = Identity("ana")


async def test_media_of_a_mover_flows_on_in_the_other_room():
    async with an_engine() as engine, clients(engine, "ana", "binh", can_move=True) as (ana, binh):
        story = Story(engine)
        engine.create_room(RoomRequest(name=THERE))
        chi = Client(engine, "chi", room=THERE)
        info, _ = await ana.publish_camera(grey=200)
        await chi.publish_camera(grey=40)
        await next_frame(await binh.next_track())
        result = engine.move_participant(ROOM, ANA, THERE)
        assert result.room.name == THERE and [each.sid for each in result.others] == [chi.sid]
        assert result.participant.sid == ana.sid
        seen = await next_frame(await chi.next_track())
        assert abs(seen.to_ndarray(format="gray").mean() - 200) < 12
        seen = await next_frame(await ana.next_track())
        assert abs(seen.to_ndarray(format="gray").mean() - 40) < 12
        told = [(type(event).__name__, event.room) for event in story.events if hasattr(event, "participant")]
        moved = told[told.index(("TrackUnpublished", ROOM)) :]
        assert [name for name, _ in moved[:5]] == [
            "TrackUnpublished",
            "ParticipantLeft",
            "ParticipantJoined",
            "ParticipantActive",
            "TrackPublished",
        ]
        assert [room for _, room in moved[:5]] == [ROOM, ROOM, THERE, THERE, THERE]
        added = await story.until(SubscriptionAdded, lambda event: event.room == THERE and event.track_sid == info.sid)
        assert added.participant_sid == chi.sid
        await chi.close()


async def test_presence_is_proven_in_each_room_for_its_own_seconds():
    async with an_engine() as engine, clients(engine, "ana", "binh", can_move=True) as (ana, binh):
        story = Story(engine)
        engine.create_room(RoomRequest(name=THERE))
        await ana.publish_microphone()
        await binh.next_track()

        def seconds(room):
            of_ana = [one for one in story.of(PresenceProven) if one.room == room and one.participant_sid == ana.sid]
            return [second for one in of_ana for span in one.spans for second in range(*span)]

        await story.until(PresenceProven, lambda event: len(seconds(ROOM)) >= 2)
        engine.move_participant(ROOM, ANA, THERE)
        await story.until(PresenceProven, lambda event: len(seconds(THERE)) >= 2)
        here, there = seconds(ROOM), seconds(THERE)
        assert len(here + there) == len(set(here + there)) and max(here) < min(there)


async def test_journals_of_both_rooms_hold_their_part_of_a_mover(tmp_path):
    async with an_engine(journal_folder=tmp_path) as engine:
        story = Story(engine)
        for room in (ROOM, THERE):
            engine.create_room(RoomRequest(name=room, auto_record=True))
        chi = Client(engine, "chi", room=THERE)
        async with clients(engine, "ana", can_move=True) as (ana,):
            await ana.publish_microphone()
            await story.until(TrackPublished)
            await story.until(ParticipantActive, lambda event: event.participant.sid == ana.sid)
            engine.move_participant(ROOM, ANA, THERE)
            await next_frame(await chi.next_track())
        await story.until(ParticipantLeft, lambda event: event.room == THERE)
        await chi.close()
        for room in (ROOM, THERE):
            engine.delete_room(room)
    for room, others in ((ROOM, []), (THERE, ["participant_joined"])):
        frames = read_run(next((tmp_path / room).iterdir()))
        events = [frame.event["event"] for frame in frames if frame.type == EVENT]
        events = [name for name in events if name != "speakers"]
        begun = ["opened", *others, "participant_joined", "track_opened", "track_closed", "participant_left"]
        assert events[: len(begun)] == begun
        assert any(frame.type == RTP for frame in frames) or room == ROOM


async def test_who_cannot_be_told_is_not_moved():
    async with an_engine() as engine, clients(engine, "old") as (old,), clients(engine, "ana", can_move=True) as (ana,):
        story = Story(engine)
        engine.create_room(RoomRequest(name=THERE))
        await story.until(ParticipantActive, lambda event: event.participant.sid == ana.sid)
        await story.until(ParticipantActive, lambda event: event.participant.sid == old.sid)
        engine.detach(ana.sid)
        for identity in ("ana", "old"):
            with pytest.raises(NotReadyError):
                engine.move_participant(ROOM, Identity(identity), THERE)
        assert {each.sid for each in engine.participants(ROOM)} == {old.sid, ana.sid}
        engine.resume(ROOM, ANA, ana.sid)
        assert engine.move_participant(ROOM, ANA, THERE).participant.sid == ana.sid
