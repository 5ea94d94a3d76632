"""Recorded rooms with real media: what the journal holds, and that a restart continues it."""

from sfu.config import RoomRequest
from sfu.events import RecordingChanged, SubscriptionAdded, TrackPublished, TrackUnpublished
from sfu.media import Source
from sfu.recording import is_unfinished
from tests.sfu.clients import ROOM, Story, Tone, an_engine, clients, next_frame
from tests.sfu.journal_reader import EVENT, RTP, read_run

RECORDED = RoomRequest(name=ROOM, auto_record=True)


def runs(folder):
    return sorted((folder / ROOM).iterdir())


def events_of(run):
    return [frame.event for frame in read_run(run) if frame.type == EVENT]


def names_of(run):
    return [event["event"] for event in events_of(run)]


async def test_a_recorded_session_is_in_its_journal(tmp_path):
    async with an_engine(journal_folder=tmp_path) as engine:
        story = Story(engine)
        engine.create_room(RECORDED)
        async with clients(engine, "ana", "binh") as (ana, binh):
            changed = await story.until(RecordingChanged)
            assert changed.is_recording and ana.result.room.is_recording
            await ana.publish_microphone()
            await next_frame(await binh.next_track())
            engine.record_chat(ana.sid, "xin chào")
            info = story.of(TrackPublished)[0].track
            engine.mute(ana.sid, info.sid, True)
            engine.unpublish(ana.sid, info.sid)
            await story.until(TrackUnpublished)
            engine.delete_room(ROOM)
    run = runs(tmp_path)[0]
    assert names_of(run) == [
        "opened",
        "participant_joined",
        "participant_joined",
        "track_opened",
        "chat",
        "track_muted",
        "track_closed",
        "participant_left",
        "participant_left",
        "closed",
    ] or "speakers" in names_of(run)
    opened = next(event for event in events_of(run) if event["event"] == "track_opened")
    assert (opened["kind"], opened["codec"], opened["clock_rate"]) == ("audio", "opus", 48000)
    assert (opened["source"], opened["identity"], opened["track"]) == ("microphone", "ana", 1)
    packets = [frame for frame in read_run(run) if frame.type == RTP]
    assert packets and all(frame.track == 1 for frame in packets)
    assert {frame.payload[1] & 0x7F for frame in packets} == {opened["payload_type"]}


async def test_recording_that_starts_later_holds_who_and_what_is_there(tmp_path):
    async with an_engine(journal_folder=tmp_path) as engine, clients(engine, "ana", "binh") as (ana, _):
        story = Story(engine)
        await ana.publish_microphone()
        await story.until(SubscriptionAdded)
        engine.start_recording(ROOM)
        engine.start_recording(ROOM)
        engine.stop_recording(ROOM)
        assert [event.is_recording for event in story.of(RecordingChanged)] in ([], [True, False])
    assert len(runs(tmp_path)) == 1
    assert names_of(runs(tmp_path)[0]) == [
        "opened",
        "participant_joined",
        "participant_joined",
        "track_opened",
        "closed",
    ]


async def test_a_node_that_stops_leaves_the_recording_to_be_continued(tmp_path):
    async with an_engine(journal_folder=tmp_path) as engine:
        engine.create_room(RECORDED)
        async with clients(engine, "ana") as (ana,):
            await ana.publish(Tone(), Source.MICROPHONE)
            await engine.close()
    assert is_unfinished(tmp_path, ROOM)
    async with an_engine(journal_folder=tmp_path) as engine:
        async with clients(engine, "ana") as (ana,):
            assert ana.result.room.is_recording
    assert len(runs(tmp_path)) == 2
    async with an_engine(journal_folder=tmp_path) as engine:
        engine.delete_room(ROOM)
    assert names_of(runs(tmp_path)[2]) == ["opened", "closed"]
    assert not is_unfinished(tmp_path, ROOM)


async def test_a_disk_that_refuses_the_journal_stops_nobody_and_is_tried_again(tmp_path):
    (tmp_path / ROOM).write_text("in the way")
    async with an_engine(journal_folder=tmp_path) as engine:
        story = Story(engine)
        engine.create_room(RECORDED)
        async with clients(engine, "ana", "binh") as (ana, binh):
            assert not ana.result.room.is_recording
            await ana.publish_microphone()
            await next_frame(await binh.next_track())
            (tmp_path / ROOM).unlink()
            changed = await story.until(RecordingChanged)
            assert changed.is_recording
    assert names_of(runs(tmp_path)[0])[:4] == [
        "opened",
        "participant_joined",
        "participant_joined",
        "track_opened",
    ]


async def test_a_recording_that_was_stopped_stays_stopped(tmp_path):
    async with an_engine(journal_folder=tmp_path) as engine:
        engine.create_room(RECORDED)
        async with clients(engine, "ana"):
            engine.stop_recording(ROOM)
            async with clients(engine, "binh") as (binh,):
                assert not binh.result.room.is_recording
    assert len(runs(tmp_path)) == 1
