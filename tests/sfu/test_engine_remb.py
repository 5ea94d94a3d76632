"""A client without transport-wide feedback (aiortc) sends what our REMB allows, and is sent what its own allows."""

import asyncio
from fractions import Fraction

import numpy
from aiortc import MediaStreamTrack, clock
from av import VideoFrame

from sfu.media import Source
from tests.sfu.clients import PATIENCE_S, an_engine, clients

# what aiortc begins with; it never sends more than 1.5 Mbit/s
FIRST_BPS = 500_000
NARROW_BPS = 400_000
QUEUE_S = 0.3


class Noise(MediaStreamTrack):
    """Pictures that no encoder can make small, ten a second."""

    kind = "video"

    def __init__(self):
        super().__init__()
        self._at = 0
        self._start = None
        self._random = numpy.random.default_rng(7)

    async def recv(self):
        loop = asyncio.get_running_loop()
        self._start = self._start or loop.time()
        await asyncio.sleep(max(0, self._start + self._at / 10 - loop.time()))
        pixels = self._random.integers(0, 256, (120, 160, 3), dtype=numpy.uint8)
        frame = VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts, frame.time_base = self._at * 9000, Fraction(1, 90000)
        self._at += 1
        return frame


class Heard:
    """The target of a sender's encoder, looked at whenever RTCP has come."""

    def __init__(self, sender):
        self._sender = sender
        self._changed = asyncio.Event()
        self._handle = sender._handle_rtcp_packet
        sender._handle_rtcp_packet = self._note

    async def _note(self, packet):
        await self._handle(packet)
        self._changed.set()

    @property
    def target_bps(self):
        encoder = self._sender._RTCRtpSender__encoder
        return encoder.target_bitrate if encoder else 0

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE_S):
            while not condition(self.target_bps):
                self._changed.clear()
                await self._changed.wait()


class Bottleneck:
    """Packets go through it one after another; one that would wait too long is dropped."""

    def __init__(self, forward):
        self._forward = forward
        self._free_at = 0.0
        self._leaving = set()

    def put(self, data):
        loop = asyncio.get_running_loop()
        start = max(self._free_at, loop.time())
        if start - loop.time() > QUEUE_S:
            return
        self._free_at = start + len(data) * 8 / NARROW_BPS
        loop.call_at(self._free_at, self._leave, data)

    def _leave(self, data):
        task = asyncio.ensure_future(self._forward(data))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


def narrow_the_way_out(transport):
    """All media that a client sends has to pass."""
    send = transport._send_rtp
    bottleneck = Bottleneck(send)

    async def through(data):
        if 192 <= data[1] <= 223:
            await send(data)
        else:
            bottleneck.put(data)

    transport._send_rtp = through


def narrow_the_way_in(transport):
    """All media that a client gets has to pass."""
    handle = transport._handle_rtp_data
    bottleneck = Bottleneck(lambda data: handle(data, arrival_time_ms=clock.current_ms()))

    async def through(data, arrival_time_ms):
        bottleneck.put(data)

    transport._handle_rtp_data = through


async def test_m10_an_aiortc_publisher_follows_what_it_is_told():
    async with an_engine() as engine, clients(engine, "ana") as (ana,):
        _, sender = await ana.publish(Noise(), Source.CAMERA)
        assert "goog-remb" in ana.publisher.remoteDescription.sdp
        heard = Heard(sender)
        await heard.until(lambda bps: bps > 1.2 * FIRST_BPS)
        narrow_the_way_out(sender.transport)
        await heard.until(lambda bps: bps < 1.5 * NARROW_BPS)


async def test_m10_an_aiortc_subscriber_bounds_what_it_is_believed_to_take():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        await ana.publish(Noise(), Source.CAMERA)
        track = await binh.next_track()
        watching = asyncio.create_task(watch(track))
        side = engine._home(binh.sid).connections[binh.sid].subscriber
        (receiver,) = (each.receiver for each in binh.subscriber.getTransceivers())
        narrow_the_way_in(receiver.transport)
        async with asyncio.timeout(PATIENCE_S):
            while not 0 < side.available_bps() < 1.5 * NARROW_BPS:
                await asyncio.sleep(0.1)
        watching.cancel()


async def watch(track):
    while True:
        await track.recv()
