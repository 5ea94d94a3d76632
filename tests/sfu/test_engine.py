"""The engine with real clients over loopback: DTLS, SRTP, data channels, and what everybody is told."""

import asyncio

import pytest
from aiortc import RTCSessionDescription

from sfu.config import JoinRequest, LeaveReason, ParticipantChange, Permission, RoomRequest
from sfu.errors import NotFoundError, SdpError
from sfu.events import (
    DataReceived,
    ParticipantActive,
    ParticipantJoined,
    ParticipantLeft,
    PresenceProven,
    RoomFinished,
    RoomStarted,
    SpeakersChanged,
    SubscriptionAdded,
    TrackPublished,
    TrackUnpublished,
    TrackUpdated,
    TransportFailed,
)
from sfu.ids import Identity, RoomName
from sfu.media import DataKind, Kind, Source, TrackRequest
from tests.sfu.clients import PATIENCE_S, ROOM, Client, Picture, Story, an_engine, clients, next_frame


def average(frame):
    return frame.to_ndarray(format="gray").mean()


async def test_one_publishes_audio_and_video_and_another_decodes_both():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        await ana.publish_microphone()
        await ana.publish_camera(grey=200)
        tracks = {track.kind: track for track in [await binh.next_track(), await binh.next_track()]}
        audio, video = await next_frame(tracks["audio"]), await next_frame(tracks["video"])
        assert audio.sample_rate == 48000
        assert abs(average(video) - 200) < 12
        published = await story.until(TrackPublished)
        assert published.participant.sid == ana.sid and published.participant.is_publisher
        added = await story.until(SubscriptionAdded)
        assert added.is_first and added.participant_sid == binh.sid


async def test_who_comes_later_gets_what_is_there_in_the_first_offers():
    async with an_engine() as engine, clients(engine, "ana") as (ana,):
        story = Story(engine)
        info, _ = await ana.publish_camera()
        await story.until(TrackPublished)
        async with clients(engine, "binh") as (binh,):
            assert [each.sid for each in binh.result.others] == [ana.sid]
            assert [each.sid for each in binh.result.others[0].tracks] == [info.sid]
            await next_frame(await binh.next_track())
            assert info.sid in binh.offers[0].mid_to_track_id.values()


async def test_publication_is_told_before_the_offer_that_carries_it():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        info, _ = await ana.publish_camera()
        await binh.next_track()
        names = [
            type(event).__name__
            for event in story.events
            if isinstance(event, TrackPublished) or info.sid in getattr(event, "mid_to_track_id", {}).values()
        ]
        assert names[0] == "TrackPublished" and "SubscriberOffer" in names


async def test_participants_become_active_when_their_primary_transport_is_connected():
    async with an_engine() as engine:
        story = Story(engine)
        async with clients(engine, "ana") as (ana,):
            active = await story.until(ParticipantActive)
            assert active.participant.sid == ana.sid and ana.result.is_subscriber_primary
            joined = story.of(ParticipantJoined)[0]
            assert active.participant.version > joined.participant.version


async def test_who_may_not_subscribe_becomes_active_by_publishing():
    async with an_engine() as engine:
        story = Story(engine)
        permission = Permission(can_subscribe=False)
        async with clients(engine, "ana", permission=permission) as (ana,):
            assert not ana.result.is_subscriber_primary
            await ana.publish_microphone()
            await story.until(ParticipantActive)
            assert ana.offers == []


async def test_data_goes_up_and_down():
    async with an_engine() as engine, clients(engine, "ana") as (ana,):
        story = Story(engine)
        channel = ana.publisher.createDataChannel("_reliable")
        await ana.negotiate()
        await asyncio.wait_for(_opened(channel), PATIENCE_S)
        channel.send(b"up")
        received = await story.until(DataReceived)
        assert (received.kind, received.payload) == (DataKind.RELIABLE, b"up")
        engine.send(ana.sid, DataKind.RELIABLE, b"down")
        assert await ana.next_message() == ("_reliable", b"down")


async def _opened(channel):
    opened = asyncio.Event()
    channel.on("open", opened.set)
    if channel.readyState != "open":
        await opened.wait()


async def _acknowledged(channel):
    association = channel.transport
    while channel.bufferedAmount or association._outbound_queue or association._sent_queue:
        await asyncio.sleep(0.01)


async def test_reliable_data_waits_for_its_channel():
    async with an_engine() as engine, clients(engine, "ana") as (ana,):
        await asyncio.sleep(0)
        for number in range(3):
            engine.send(ana.sid, DataKind.RELIABLE, b"early %d" % number)
        assert [await ana.next_message() for _ in range(3)] == [
            ("_reliable", b"early %d" % number) for number in range(3)
        ]


async def test_data_of_who_may_not_send_it_is_dropped():
    permission = Permission(can_publish_data=False)
    async with an_engine() as engine, clients(engine, "ana", permission=permission) as (ana,):
        story = Story(engine)
        channel = ana.publisher.createDataChannel("_reliable")
        await ana.negotiate()
        await asyncio.wait_for(_opened(channel), PATIENCE_S)
        channel.send(b"no")
        await asyncio.wait_for(_acknowledged(channel), PATIENCE_S)
        engine.update_participant(ana.sid, ParticipantChange(permission=Permission()))
        channel.send(b"yes")
        await story.until(DataReceived)
        assert [event.payload for event in story.of(DataReceived)] == [b"yes"]


async def test_an_unpublished_track_ends_for_everybody():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        info, sender = await ana.publish_camera()
        await next_frame(await binh.next_track())
        sender.replaceTrack(None)
        ana.publisher.getTransceivers()[0].direction = "inactive"
        await ana.negotiate()
        gone = await story.until(TrackUnpublished)
        assert gone.track.sid == info.sid and not gone.is_forced
        assert engine.participant(ana.sid).tracks == ()


async def test_muting_is_told_and_unmuting_brings_media_back():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        info, _ = await ana.publish_camera()
        track = await binh.next_track()
        await next_frame(track)
        assert engine.mute(ana.sid, info.sid, True).is_muted
        await story.until(TrackUpdated, lambda event: event.track.is_muted)
        engine.mute(ana.sid, info.sid, False)
        await next_frame(track)


async def test_a_loud_microphone_is_a_speaker():
    async with an_engine() as engine, clients(engine, "ana") as (ana,):
        story = Story(engine)
        await ana.publish_microphone()
        event = await story.until(SpeakersChanged, lambda event: event.speakers[0].is_active)
        assert event.speakers[0].participant_sid == ana.sid and event.speakers[0].level > 0


async def test_who_comes_later_is_told_who_speaks():
    async with an_engine() as engine, clients(engine, "ana") as (ana,):
        story = Story(engine)
        await ana.publish_microphone()
        await story.until(SpeakersChanged)
        async with clients(engine, "binh") as (binh,):
            told = await story.until(SpeakersChanged, lambda event: event.only_to == binh.sid)
            assert [speaker.participant_sid for speaker in told.speakers] == [ana.sid]


async def test_a_section_may_change_from_one_track_to_another():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        first, sender = await ana.publish_camera(grey=20)
        await next_frame(await binh.next_track())
        picture = Picture(220)
        wish = TrackRequest(cid=picture.id, kind=Kind.VIDEO, source=Source.CAMERA)
        second = engine.add_track(ana.sid, wish)
        sender.replaceTrack(picture)
        sender._track_id = picture.id
        await ana.negotiate()
        gone = await story.until(TrackUnpublished)
        assert gone.track.sid == first.sid
        await story.until(TrackPublished, lambda event: event.track.sid == second.sid)


async def test_presence_is_proven_for_who_sends_and_who_receives():
    async with an_engine() as engine:
        story = Story(engine)
        async with clients(engine, "ana", "binh") as (ana, binh):
            await ana.publish_microphone()
            track = await binh.next_track()
            started = asyncio.get_running_loop().time()
            while asyncio.get_running_loop().time() < started + 4:
                await next_frame(track)
        await story.until(ParticipantLeft, lambda event: event.participant.sid == binh.sid)
        for sid in (ana.sid, binh.sid):
            spans = [span for event in story.of(PresenceProven) for span in event.spans if event.participant_sid == sid]
            assert sum(end - start for start, end in spans) >= 1
        names = [type(event).__name__ for event in story.events]
        assert names.index("PresenceProven") < names.index("ParticipantLeft")


async def test_the_same_identity_replaces_its_earlier_stay():
    async with an_engine() as engine:
        story = Story(engine)
        first = Client(engine, "ana")
        second = Client(engine, "ana")
        left = await story.until(ParticipantLeft)
        assert left.participant.sid == first.sid and left.reason is LeaveReason.DUPLICATE_IDENTITY
        assert [each.sid for each in engine.participants(ROOM)] == [second.sid]
        await first.close()
        await second.close()


async def test_a_revoked_permission_takes_the_track_away():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        await ana.publish_camera()
        await next_frame(await binh.next_track())
        engine.update_participant(ana.sid, ParticipantChange(permission=Permission(can_publish=False)))
        gone = await story.until(TrackUnpublished)
        assert gone.is_forced


async def test_a_bad_offer_is_refused_and_disturbs_nobody():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        await ana.publish_camera()
        track = await binh.next_track()
        await next_frame(track)
        for text in ("", "v=0\r\n", "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"):
            with pytest.raises(SdpError):
                await engine.publisher_offer(ana.sid, text)
            with pytest.raises(SdpError):
                await engine.publisher_offer(binh.sid, text)
        assert engine.open_transports == 3
        await next_frame(track)


async def test_a_certificate_that_was_not_announced_fails_that_transport_only():
    async with an_engine() as engine, clients(engine, "ana", "eve") as (ana, eve):
        story = Story(engine)
        eve.publisher.createDataChannel("_reliable")
        await eve.publisher.setLocalDescription(await eve.publisher.createOffer())
        lines = eve.publisher.localDescription.sdp.splitlines()
        forged = [
            line[:-2] + ("00" if line[-2:] != "00" else "11") if line.startswith("a=fingerprint") else line
            for line in lines
        ]
        answer = await engine.publisher_offer(eve.sid, "\r\n".join(forged) + "\r\n")
        await eve.publisher.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        failed = await story.until(TransportFailed)
        assert failed.participant_sid == eve.sid and failed.role == "publisher"
        assert "certificate" in failed.reason
        await ana.publish_microphone()
        await story.until(TrackPublished)


async def test_a_client_that_never_answers_fails_in_time():
    async with an_engine(negotiation_timeout_s=0.2) as engine:
        story = Story(engine)
        result = engine.join(ROOM, JoinRequest(identity=Identity("mute")))
        engine.start(result.participant.sid)
        failed = await story.until(TransportFailed)
        assert failed.role == "subscriber"


async def test_a_client_that_answers_but_never_connects_fails_in_time():
    async with an_engine(handshake_timeout_s=0.2) as engine, clients(engine, "ana") as (ana,):
        story = Story(engine)
        other = engine.join(RoomName("other"), JoinRequest(identity=Identity("lost"))).participant.sid
        ana.publisher.createDataChannel("_reliable")
        offer = await ana.publisher.createOffer()
        await engine.publisher_offer(other, offer.sdp)
        failed = await story.until(TransportFailed, lambda event: event.participant_sid == other)
        assert failed.reason == "no connection in time"


async def test_a_deleted_room_sends_everybody_away():
    async with an_engine() as engine:
        story = Story(engine)
        async with clients(engine, "ana", "binh"):
            engine.delete_room(ROOM)
            await story.until(RoomFinished)
            assert {event.reason for event in story.of(ParticipantLeft)} == {LeaveReason.ROOM_DELETED}
            with pytest.raises(NotFoundError):
                engine.room(ROOM)


async def test_creating_a_room_twice_is_one_room():
    async with an_engine() as engine:
        story = Story(engine)
        first = engine.create_room(RoomRequest(name=ROOM, metadata="m", max_participants=3))
        second = engine.create_room(RoomRequest(name=ROOM))
        assert first.sid == second.sid and second.metadata == "m" and second.max_participants == 3
        await story.until(RoomStarted)
        assert len(story.of(RoomStarted)) == 1


async def test_unknown_ids_are_told_as_such():
    async with an_engine() as engine:
        for call in (
            lambda: engine.participant("PA_x"),
            lambda: engine.start("PA_x"),
            lambda: engine.find_participant(ROOM, "x"),
            lambda: engine.delete_room(ROOM),
            lambda: engine.send("PA_x", DataKind.LOSSY, b""),
        ):
            with pytest.raises(NotFoundError):
                call()
        engine.leave("PA_x", LeaveReason.CLIENT_INITIATED)


async def test_fifty_joins_and_leaves_leave_nothing_behind():
    async with an_engine() as engine:
        for _ in range(5):
            joined = [Client(engine, f"p{number}") for number in range(10)]
            story = Story(engine)
            await asyncio.gather(
                *(
                    story.until(ParticipantActive, lambda event, sid=client.sid: event.participant.sid == sid)
                    for client in joined
                )
            )
            for client in joined:
                await client.close()
        async with asyncio.timeout(PATIENCE_S):
            while engine.open_transports:
                await asyncio.sleep(0.01)
        assert engine.room(ROOM).num_participants == 0
