"""A client that is killed says nothing; it is shown for twenty seconds at most, and nothing of it is left (R06)."""

import asyncio
import sys
import time

import pytest
from aiohttp.test_utils import TestServer

from sfu.events import Event, ParticipantLeft
from signaling.node import ENGINE
from tests.conformance.people import a_token, people, url_of

SHOWN_AT_MOST_S = 20
# a second for the clock that looks, the rest for a busy machine
NOISE_S = 5
JOINS = """
import asyncio, sys
from livekit import rtc
async def main():
    room = rtc.Room()
    await room.connect(sys.argv[1], sys.argv[2])
    print("joined", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_killed_client_is_gone_within_twenty_seconds(node: TestServer) -> None:
    engine = node.app[ENGINE]
    gone: asyncio.Queue[str] = asyncio.Queue()

    def note(event: Event) -> None:
        if isinstance(event, ParticipantLeft):
            gone.put_nowait(event.participant.identity)

    async with people(node, "binh") as (binh,):
        before = engine.open_transports
        engine.events(note)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", JOINS, url_of(node), a_token("an"), stdout=asyncio.subprocess.PIPE
        )
        try:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"joined\n"
            await binh.until(lambda: binh.names_of("participant_connected"))
        finally:
            process.kill()
        killed_at = time.monotonic()
        await process.wait()
        assert await gone.get() == "an"
        assert time.monotonic() - killed_at < SHOWN_AT_MOST_S + NOISE_S
        await binh.until(lambda: binh.names_of("participant_disconnected"))
        while engine.open_transports > before:
            await asyncio.sleep(0.05)
