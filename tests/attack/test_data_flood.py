"""S12: data channels that are flooded, never end or make no sense: memory and the loop stay bounded, others chat on."""

import asyncio
import os
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiortc.rtcsctptransport import ForwardTsnChunk, InitChunk, SackChunk
from livekit.protocol import models, rtc

from tests.support.canary import Canary, Tally
from tests.support.live_node import LiveNode
from tests.support.noise import Noise
from tests.support.scripted_channels import DCEP, FIRST, LAST, UNORDERED, ScriptedChannels
from tests.support.scripted_person import ScriptedPerson, Section, a_scripted_person

MIB = 1 << 20
VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=9001)
MEMORY_KIB = 24 * 1024
STALL_S = 8.0
"""A busy machine alone may take a part of it; what loops over the numbers of a peer takes more, or never ends."""


@asynccontextmanager
async def channels_of(eve: ScriptedPerson) -> AsyncIterator[ScriptedChannels]:
    channels = ScriptedChannels(await eve.publish(VOICE, has_data=True))
    try:
        await channels.open("_reliable", "_lossy")
        yield channels
    finally:
        await channels.close()


class Pulse:
    """Asks the node for the time again and again: how long its loop lets somebody wait."""

    def __init__(self, person: ScriptedPerson) -> None:
        self._person = person
        self.longest_s = 0.0

    async def beat(self) -> None:
        while True:
            began = time.monotonic()
            await self._person.wire.ask(ping_req=rtc.Ping(timestamp=1))
            await self._person.next("pong_resp")
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            await asyncio.sleep(0.02)


async def endless_message(channels: ScriptedChannels, tally: Tally) -> None:
    """A message of 16 MiB, in order; the transport is closed long before its end."""
    piece = bytes(1100)
    for number in range(16 * MIB // len(piece)):
        channels.data(piece, flags=FIRST if number == 0 else 0)
        if number % 200 == 0:
            await asyncio.sleep(0.005)
    tally.tries("a message of 16 MiB")


async def beginnings_and_middles(channels: ScriptedChannels, tally: Tally) -> None:
    for _ in range(3000):
        channels.data(b"x", flags=UNORDERED, ahead=0)
        tally.tries("a middle without beginning")
    await asyncio.sleep(0.01)
    for number in range(3000):
        channels.data(b"x", flags=FIRST | LAST | UNORDERED, ahead=2 * number + 2)
        tally.tries("a message beyond a gap")
        if number % 200 == 0:
            await asyncio.sleep(0.005)


async def many_streams(channels: ScriptedChannels, tally: Tally) -> None:
    label = os.urandom(250).hex().encode()[:500]
    opening = struct.pack("!BBHLHH", 3, 0x82, 0, 1 << 30, len(label), 0) + label
    for number in range(2000):
        channels.data(opening, flags=FIRST | LAST, stream=100 + number, kind=DCEP)
        tally.tries("one more channel")
        if number % 100 == 0:
            await asyncio.sleep(0.005)
    channels.data(struct.pack("!BBHLHH", 3, 0, 0, 0, 65535, 65535), flags=FIRST | LAST, stream=99, kind=DCEP)
    tally.tries("a label beyond its end")


async def numbers_to_loop_over(channels: ScriptedChannels, tally: Tally) -> None:
    for _ in range(30):
        sack = SackChunk()
        sack.cumulative_tsn = (channels.sctp._local_tsn - 1) % (1 << 32)
        sack.advertised_rwnd, sack.gaps = 1 << 20, [(1, 65535)] * 300
        channels.chunk(sack)
        forward = ForwardTsnChunk()
        forward.cumulative_tsn = (channels.sctp._local_tsn + 1000) % (1 << 32)
        forward.streams = [(int.from_bytes(os.urandom(2), "big"), 1) for _ in range(300)]
        channels.chunk(forward)
        tally.tries("acknowledgements of all numbers", 300)
        tally.tries("streams to skip", 300)
    await asyncio.sleep(0.05)


async def nonsense(channels: ScriptedChannels, tally: Tally) -> None:
    init = InitChunk()
    init.initiate_tag, init.advertised_rwnd, init.outbound_streams, init.inbound_streams = 1, 1, 65535, 65535
    seeds = [bytes(init), bytes(SackChunk()), bytes(ForwardTsnChunk()), struct.pack("!BBHI", 130, 0, 20, 7) + bytes(12)]
    for number in range(500):
        channels.packet(bytes(init), tag=0)
        tally.tries("INIT flood")
        if number % 50 == 0:
            await asyncio.sleep(0.005)
    for number, chunks in enumerate(Noise(12).rounds(seeds, 2000)):
        channels.packet(chunks, tag=0 if number % 3 == 0 else None)
        tally.tries("noise")
        if number % 50 == 0:
            await asyncio.sleep(0.005)


async def chatter(channels: ScriptedChannels, tally: Tally) -> None:
    """Ten thousand small good messages as fast as SCTP lets them go, and some that are no packets."""
    user = models.DataPacket(user=models.UserPacket(payload=b"x" * 20)).SerializeToString()
    for number in range(10_000):
        channels.send("_reliable" if number % 2 else "_lossy", user)
        tally.tries("a message of a flood")
        if number % 100 == 0:
            await asyncio.sleep(0.002)
    for payload in Noise(13).rounds([user], 500):
        channels.send("_reliable", payload)
        tally.tries("no data packet")
    channels.send("_reliable", models.DataPacket(user=models.UserPacket(payload=bytes(60_000))).SerializeToString())
    await asyncio.sleep(1)


ATTACKS = (endless_message, beginnings_and_middles, many_streams, numbers_to_loop_over, nonsense, chatter)


async def test_floods_of_data_stay_with_their_sender(node: LiveNode, canary: Canary) -> None:
    tally = Tally("S12 data floods")
    memory = node.rss_kib
    async with a_scripted_person(node, "pulse", "pulse") as person:
        pulse = Pulse(person)
        beating = asyncio.create_task(pulse.beat())
        for attack in ATTACKS:
            async with a_scripted_person(node, "eve", "flood") as eve, channels_of(eve) as channels:
                await attack(channels, tally)

        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
    tally.notes["memory grown, KiB"] = grown = node.rss_kib - memory
    tally.notes["longest wait for the loop, s"] = round(pulse.longest_s, 2)
    assert grown < MEMORY_KIB
    assert pulse.longest_s < STALL_S
    await canary.chats()
    await canary.judge(tally, at_least=10_000)
