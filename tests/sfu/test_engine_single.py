"""The engine with clients that have one transport for both directions, and what they do wrong."""

import asyncio
import re

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription

from sfu.config import JoinRequest, ParticipantChange, Permission
from sfu.errors import SdpError
from sfu.events import DataReceived, ParticipantActive, SectionsNeeded, TrackPublished, TransportFailed
from sfu.ids import Identity
from sfu.media import DataKind, Kind, Source, TrackRequest
from tests.sfu.clients import PATIENCE_S, ROOM, Picture, Story, Tone, an_engine, clients, connected, next_frame


class SingleClient:
    """It offers when it publishes and when it is asked to; `sections` = what it receives in from the start."""

    def __init__(self, engine, identity, sections=(), obeys=True, **request):
        self.engine = engine
        wish = JoinRequest(identity=Identity(identity), has_single_transport=True, **request)
        self.result = engine.join(ROOM, wish)
        self.sid = self.result.participant.sid
        self.peer = RTCPeerConnection()
        self.messages: asyncio.Queue = asyncio.Queue()
        self.channel = self.peer.createDataChannel("_reliable")
        self.channel.on("message", self.messages.put_nowait)
        for kind in sections:
            self.peer.addTransceiver(kind, direction="recvonly")
        self.received: asyncio.Queue = asyncio.Queue()
        self.asked: list[tuple[int, int]] = []
        self.peer.on("track", self.received.put_nowait)
        self._needs: asyncio.Queue = asyncio.Queue()
        self._obeys = obeys
        self._forget = engine.events(self._note)
        self._task = asyncio.create_task(self._obey())
        self._turn = asyncio.Lock()
        engine.start(self.sid)

    def _note(self, event):
        if isinstance(event, SectionsNeeded) and event.participant_sid == self.sid:
            self.asked.append((event.audios, event.videos))
            self._needs.put_nowait(event)

    async def _obey(self):
        while True:
            need = await self._needs.get()
            if self._obeys:
                kinds = ["audio"] * need.audios + ["video"] * need.videos
                await self.offer(*((kind, "recvonly") for kind in kinds))

    async def offer(self, *added):
        """aiortc loses what is added while it still connects: one after the other."""
        async with self._turn:
            for what, direction in added:
                self.peer.addTransceiver(what, direction=direction)
            await self.peer.setLocalDescription(await self.peer.createOffer())
            answer = await self.engine.publisher_offer(self.sid, self.peer.localDescription.sdp)
            await self.peer.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
            await connected(self.peer)
        return answer

    async def publish(self, track, source):
        info = self.engine.add_track(self.sid, TrackRequest(cid=track.id, kind=Kind(track.kind), source=source))
        await self.offer((track, "sendonly"))
        return info

    async def next_track(self):
        return await asyncio.wait_for(self.received.get(), PATIENCE_S)

    async def close(self):
        self._forget()
        self._task.cancel()
        await self.peer.close()


async def test_one_transport_publishes_receives_and_talks():
    async with an_engine() as engine, clients(engine, "two") as (two,):
        story = Story(engine)
        one = SingleClient(engine, "one")
        await one.publish(Picture(200), Source.CAMERA)
        await two.publish_camera(grey=40)
        assert abs((await next_frame(await two.next_track())).to_ndarray(format="gray").mean() - 200) < 12
        assert abs((await next_frame(await one.next_track())).to_ndarray(format="gray").mean() - 40) < 12
        await story.until(ParticipantActive, lambda event: event.participant.sid == one.sid)
        assert not one.result.is_subscriber_primary
        assert engine.open_transports == 3
        one.channel.send(b"up")
        assert (await story.until(DataReceived)).payload == b"up"
        engine.send(one.sid, DataKind.RELIABLE, b"down")
        assert await asyncio.wait_for(one.messages.get(), PATIENCE_S) == b"down"
        assert one.asked == [(0, 1)]
        await one.close()


async def test_what_is_there_comes_with_the_first_answer_and_the_rest_is_asked_for():
    async with an_engine() as engine, clients(engine, "two") as (two,):
        story = Story(engine)
        camera, _ = await two.publish_camera()
        microphone, _ = await two.publish_microphone()
        await story.until(TrackPublished, lambda event: event.track.sid == camera.sid)
        await story.until(TrackPublished, lambda event: event.track.sid == microphone.sid)
        one = SingleClient(engine, "one", ["video"])
        answer = await one.offer()
        assert list(answer.mid_to_track_id.values()) == [camera.sid]
        tracks = [await one.next_track(), await one.next_track()]
        for track in tracks:
            await next_frame(track)
        assert one.asked == [(1, 0)]
        await one.close()


async def test_a_right_to_receive_that_comes_later_is_asked_for_on_the_transport_there_is():
    async with an_engine() as engine, clients(engine, "two") as (two,):
        story = Story(engine)
        one = SingleClient(engine, "one", permission=Permission(can_subscribe=False))
        await one.offer()
        await two.publish_camera()
        await story.until(TrackPublished)
        assert one.asked == []
        engine.update_participant(one.sid, ParticipantChange(permission=Permission()))
        await next_frame(await one.next_track())
        assert one.asked == [(0, 1)] and engine.open_transports == 3
        await one.close()


async def test_who_brings_no_offer_when_asked_is_ended_alone():
    async with an_engine(negotiation_timeout_s=1) as engine, clients(engine, "two") as (two,):
        story = Story(engine)
        one = SingleClient(engine, "one", obeys=False)
        await one.offer()
        await two.publish_microphone()
        failed = await story.until(TransportFailed)
        assert failed.participant_sid == one.sid and "offer" in failed.reason
        await two.publish_camera()
        await story.until(TrackPublished, lambda event: event.track.kind is Kind.VIDEO)
        await one.close()


async def test_who_offers_without_what_was_asked_for_goes_on_and_is_asked_again():
    async with an_engine(negotiation_timeout_s=1) as engine, clients(engine, "two") as (two,):
        story = Story(engine)
        one = SingleClient(engine, "one", obeys=False)
        await one.offer()
        await two.publish_microphone()
        await story.until(SectionsNeeded)
        await one.offer()
        await story.until(SectionsNeeded, lambda event: len(one.asked) == 2)
        assert one.asked == [(1, 0), (1, 0)] and not story.of(TransportFailed)
        await one.close()


async def test_a_bad_offer_moves_nothing():
    async with an_engine() as engine, clients(engine, "two") as (two,):
        one = SingleClient(engine, "one", ["audio"])
        await one.offer()
        await one.publish(Tone(), Source.MICROPHONE)
        await two.publish_microphone()
        track = await one.next_track()
        offered = (await one.peer.createOffer()).sdp
        forged = re.sub(r"a=fingerprint:sha-256 ..", "a=fingerprint:sha-256 00", offered)
        for text in (forged, "v=0", ""):
            with pytest.raises(SdpError):
                await engine.publisher_offer(one.sid, text)
        for _ in range(3):
            await next_frame(track)
        await one.close()
