"""Clients that fall silent without a word, for ever or for a minute: shown for twenty seconds at most (R06)."""

import asyncio
import signal
import time

import pytest
from aiohttp.test_utils import TestServer

from sfu.engine import Engine
from sfu.ids import Identity, RoomName
from signaling.node import ENGINE
from tests.conformance.people import a_token, people, url_of
from tests.conformance.test_http_media_gstreamer import gstreamer, has_gstreamer
from tests.networks.evidence import state
from tests.networks.voice import a_voice
from tests.support.told import Told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
SHOWN_AT_MOST_S = 20
# a second for the clock that looks, the rest for a busy machine
NOISE_S = 5
ASLEEP_S = 60
HALL = RoomName("hall")


def sid_of(engine: Engine, identity: str) -> str:
    """The stay it has now, if any."""
    return next((one.sid for one in engine.participants(HALL) if one.identity == Identity(identity)), "")


async def test_r06_a_client_that_sleeps_for_a_minute_is_absent_for_that_minute(node: TestServer) -> None:
    engine, told = node.app[ENGINE], Told()
    engine.events(told.note)
    async with people(node, "binh") as (binh,), a_voice(url_of(node), "far") as voice:
        await binh.publish_microphone()
        await voice.until(lambda word: word["packets"] > 100)
        began, first, transports = time.time(), sid_of(engine, "far"), engine.open_transports
        await voice.until(lambda word: word["packets"] > 500)
        voice.process.send_signal(signal.SIGSTOP)
        asleep = time.time()
        while first not in told.left:
            await asyncio.sleep(0.05)
        shown_s = time.time() - asleep
        assert sid_of(engine, "far") == ""
        # the length of the fault
        await asyncio.sleep(ASLEEP_S - shown_s)
        voice.process.send_signal(signal.SIGCONT)
        awake = time.time()
        while not (second := sid_of(engine, "far")) or not told.proven[second]:
            await asyncio.sleep(0.05)
        back_s = time.time() - awake
        heard = binh.heard["far"].frames
        await binh.until(lambda: binh.heard["far"].frames > heard + 500)
        too_many, missing = told.errors(first, began, asleep)
        # before `began` it was in the room, too
        too_many -= sum(one < int(began) for one in told.proven[first])
        state(
            f"| R06: client stopped for {ASLEEP_S} s | shown for {shown_s:.1f} s, back after {back_s:.1f} s; "
            f"presence: {too_many} seconds too many, {missing} missing |"
        )
        assert shown_s < SHOWN_AT_MOST_S + NOISE_S
        assert (too_many, missing) == (0, 0)
        assert min(told.proven[second]) >= int(awake)
        assert told.left == [first]
        while engine.open_transports > transports:
            await asyncio.sleep(0.05)


@pytest.mark.skipif(not has_gstreamer(), reason="GStreamer with Python bindings is not installed")
async def test_r06_a_killed_publisher_of_whip_is_gone_and_leaves_nothing(node: TestServer) -> None:
    engine, told = node.app[ENGINE], Told()
    engine.events(told.note)
    async with people(node, "binh") as (binh,):
        async with gstreamer("whip", node, a_token("obs"), "VP8") as obs:
            await binh.until(lambda: "obs" in binh.seen and binh.seen["obs"].frames > 10)
            sid = sid_of(engine, "obs")
            obs.process.kill()
            killed = time.time()
            while sid not in told.left:
                await asyncio.sleep(0.05)
        shown_s = time.time() - killed
        state(f"| R06: publisher of WHIP killed | shown for {shown_s:.1f} s |")
        assert shown_s < SHOWN_AT_MOST_S + NOISE_S
        assert max(told.proven[sid]) <= int(killed)
        await binh.until(lambda: binh.names_of("participant_disconnected"))
        # its own transport is gone, that of who watched remains
        while engine.open_transports > 1:
            await asyncio.sleep(0.05)
