"""A publisher without transport-wide feedback (aiortc) sends what our REMB allows."""

import asyncio
import random
from fractions import Fraction

import numpy
from aiortc import MediaStreamTrack
from av import VideoFrame

from sfu.media import Source
from tests.sfu.clients import PATIENCE_S, an_engine, clients

# aiortc begins with 500 kbit/s and never sends more than 1.5 Mbit/s
GREATEST_BPS = 1_500_000


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


def lose_a_third(sender):
    chance = random.Random(5)
    send = sender.transport._send_rtp

    async def sometimes(data):
        is_media = not 192 <= data[1] <= 223
        if not is_media or chance.random() > 0.33:
            await send(data)

    sender.transport._send_rtp = sometimes


async def test_m10_an_aiortc_publisher_follows_what_it_is_told():
    async with an_engine() as engine, clients(engine, "ana") as (ana,):
        _, sender = await ana.publish(Noise(), Source.CAMERA)
        assert "goog-remb" in ana.publisher.remoteDescription.sdp
        heard = Heard(sender)
        await heard.until(lambda bps: bps == GREATEST_BPS)
        lose_a_third(sender)
        await heard.until(lambda bps: bps < 0.9 * GREATEST_BPS)
