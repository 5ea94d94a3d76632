"""S07: what is not authenticated leaves nothing behind, and an authenticated peer cannot pile up sources either."""

import asyncio
import os
import struct

import pytest

from tests.support.canary import Canary, Tally
from tests.support.live_node import LiveNode
from tests.support.scripted_person import Section, a_scripted_person
from tests.support.spoofing import Spoofer

VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=4444)
A_BATCH = 200
OWN_SOURCES = 5000
MEMORY_KIB = 6 * 1024
"""Room for what the call itself takes; a kilobyte kept for each of 100,000 packets would be sixteen times as much."""


async def random_sources(node: LiveNode, canary: Canary, number: int) -> None:
    """Packets under random SSRCs with tags that are wrong, from an address the node has proven and from others."""
    tally = Tally("S07 unauthenticated state")
    async with a_scripted_person(node, "eve") as eve:
        own = await eve.publish(VOICE)
        sealed = own.protect(eve.packet(VOICE))
        memory = node.rss_kib
        with Spoofer(node.media_address) as spoofer:
            for batch in range(number // A_BATCH):
                for at in range(A_BATCH):
                    forged = sealed[:8] + os.urandom(4) + sealed[12:]
                    if at % 4 == 0:
                        forged = struct.pack("!BBH", 0x80, 201, 7) + forged[8:]
                    if at % 2:
                        own.send(forged)
                    else:
                        spoofer.send(forged, ("127.0.0.77", 1024 + (batch + at) % 60_000))
                tally.tries("random SSRC, wrong tag", A_BATCH)
                await asyncio.sleep(0.004)
        tally.notes["memory grown, KiB"] = grown = node.rss_kib - memory
        assert grown < MEMORY_KIB
        for at in range(OWN_SOURCES):
            own.send_rtp(eve.packet(VOICE, ssrc=100_000 + at, payload_type=77, extensions={}))
            tally.tries("own SSRC that nobody announced")
            if at % 100 == 0:
                await asyncio.sleep(0.002)
        tally.notes["after 5,000 own SSRCs, KiB"] = grown = node.rss_kib - memory
        assert grown < MEMORY_KIB
    await canary.judge(tally, at_least=number + OWN_SOURCES)


async def test_packets_of_random_sources_leave_nothing_behind(node: LiveNode, canary: Canary) -> None:
    await random_sources(node, canary, 50_000)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_million_packets_of_random_sources_leave_nothing_behind(node: LiveNode, canary: Canary) -> None:
    await random_sources(node, canary, 1_000_000)
