"""Real WebRTC clients (aiortc) that speak to an engine in the same process, as a signal session would."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from fractions import Fraction

import numpy
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame, VideoFrame

from sfu.config import EngineConfig, JoinRequest, LeaveReason
from sfu.engine import Engine
from sfu.events import Event, SubscriberOffer
from sfu.ids import Identity, RoomName
from sfu.media import Kind, Source, TrackRequest
from tests.sfu.raw_peer import THREADS

ROOM = RoomName("lesson")
PATIENCE_S = 20


class Tone(MediaStreamTrack):
    """A loud tone in 20 ms frames."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self._at = 0
        self._start = None

    async def recv(self):
        loop = asyncio.get_running_loop()
        self._start = self._start or loop.time()
        await asyncio.sleep(max(0, self._start + self._at / 48000 - loop.time()))
        times = (numpy.arange(960) + self._at) / 48000
        samples = (numpy.sin(times * 440 * 2 * numpy.pi) * 16000).astype(numpy.int16)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, self._at, Fraction(1, 48000)
        self._at += 960
        return frame


class Picture(MediaStreamTrack):
    """A small grey picture, ten a second; grey tells tracks apart."""

    kind = "video"

    def __init__(self, grey=128):
        super().__init__()
        self._grey = grey
        self._at = 0
        self._start = None

    async def recv(self):
        loop = asyncio.get_running_loop()
        self._start = self._start or loop.time()
        await asyncio.sleep(max(0, self._start + self._at / 10 - loop.time()))
        pixels = numpy.full((96, 128, 3), self._grey, numpy.uint8)
        frame = VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts, frame.time_base = self._at * 9000, Fraction(1, 90000)
        self._at += 1
        return frame


class Story:
    """Every event of an engine, and a way to wait for one."""

    def __init__(self, engine):
        self.events: list[Event] = []
        self._changed = asyncio.Event()
        engine.events(self._note)

    def _note(self, event):
        self.events.append(event)
        self._changed.set()

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, kind, condition: Callable = lambda event: True):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for event in self.of(kind):
                    if condition(event):
                        return event
                self._changed.clear()
                await self._changed.wait()


class Client:
    """Joins at once and takes whatever it is offered."""

    def __init__(self, engine, identity, room=ROOM, **request):
        self.engine = engine
        self.result = engine.join(room, JoinRequest(identity=Identity(identity), **request))
        self.sid = self.result.participant.sid
        self.publisher = RTCPeerConnection()
        self.subscriber = RTCPeerConnection()
        self.received: asyncio.Queue = asyncio.Queue()
        self.messages: asyncio.Queue = asyncio.Queue()
        self.offers: list[SubscriberOffer] = []
        self._offers: asyncio.Queue = asyncio.Queue()
        self._forget = engine.events(self._note)
        self.subscriber.on("track", lambda track: self.received.put_nowait(track))
        self.subscriber.on("datachannel", self._adopt)
        self._task = asyncio.create_task(self._answer())
        engine.start(self.sid)

    def _note(self, event):
        if isinstance(event, SubscriberOffer) and event.participant_sid == self.sid:
            self._offers.put_nowait(event)

    def _adopt(self, channel):
        channel.on("message", lambda message: self.messages.put_nowait((channel.label, message)))

    async def _answer(self):
        while True:
            offer = await self._offers.get()
            self.offers.append(offer)
            await self.subscriber.setRemoteDescription(RTCSessionDescription(self.understood(offer.sdp), "offer"))
            await self.subscriber.setLocalDescription(await self.subscriber.createAnswer())
            self.engine.subscriber_answer(self.sid, self.subscriber.localDescription.sdp, offer.offer_id)
            await connected(self.subscriber)

    def understood(self, sdp):
        """What is left of an offer for a client that knows less than aiortc."""
        return sdp

    async def publish(self, track, source, **request):
        wish = TrackRequest(cid=track.id, kind=Kind(track.kind), source=source, **request)
        info = self.engine.add_track(self.sid, wish)
        sender = self.publisher.addTrack(track)
        await self.negotiate()
        return info, sender

    async def publish_camera(self, grey=128):
        return await self.publish(Picture(grey), Source.CAMERA)

    async def publish_microphone(self):
        return await self.publish(Tone(), Source.MICROPHONE)

    async def negotiate(self):
        await self.publisher.setLocalDescription(await self.publisher.createOffer())
        answer = await self.engine.publisher_offer(self.sid, self.publisher.localDescription.sdp)
        await self.publisher.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        await connected(self.publisher)

    async def next_track(self):
        return await asyncio.wait_for(self.received.get(), PATIENCE_S)

    async def next_message(self):
        return await asyncio.wait_for(self.messages.get(), PATIENCE_S)

    async def close(self, reason=LeaveReason.CLIENT_INITIATED):
        self._forget()
        self._task.cancel()
        self.engine.leave(self.sid, reason)
        await self.publisher.close()
        await self.subscriber.close()


async def connected(peer):
    """aiortc loses what is renegotiated while it still connects: one step after the other."""
    changed = asyncio.Event()
    peer.on("connectionstatechange", changed.set)
    async with asyncio.timeout(PATIENCE_S):
        while peer.connectionState not in ("connected", "closed", "failed"):
            changed.clear()
            await changed.wait()


async def next_frame(track):
    return await asyncio.wait_for(track.recv(), PATIENCE_S)


@asynccontextmanager
async def an_engine(**options):
    engine = await Engine.create(EngineConfig(bind="127.0.0.1:0", threads=THREADS, **options))
    try:
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def clients(engine, *identities, kind=Client, **request):
    joined = [kind(engine, identity, **request) for identity in identities]
    try:
        yield joined
    finally:
        for client in joined:
            await client.close()
