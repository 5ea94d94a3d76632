"""R13: media must not notice Python. A node whose event loop stands still forwards every packet, answers every check.

Packets are counted one by one at the far end; delays are printed, not judged: they say more of the machine than of us.
"""

import asyncio
import dataclasses
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.support.live_node import LiveNode, a_live_node
from tests.support.scripted_association import Association
from tests.support.scripted_person import ScriptedPerson, Section, a_scripted_person

VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=8001)
VIDEO = Section(kind="video", mid="1", cid="video", ssrc=8002)
EVERY_S = 0.01
CHECK_EVERY = 20
PHASE_S = 1.0


class Call:
    """One who speaks and shows, one who receives; each packet carries its number."""

    def __init__(self, node: LiveNode, speaker: Association, person: ScriptedPerson, listener: Association) -> None:
        self.node = node
        self._speaker, self._person, self._listener = speaker, person, listener
        self._next = 0

    async def run(self, seconds: float) -> list[float]:
        """Sends for so long; every packet must come and every check be answered. Gives the delays."""
        sent: dict[bytes, float] = {}
        came: dict[bytes, float] = {}
        watching = asyncio.create_task(self._watch(came))
        ends = [self._speaker, self._listener]
        for end in ends:
            end.stun.clear()
        end_at, checks = time.monotonic() + seconds, 0
        while time.monotonic() < end_at or len(sent) < 100:
            self._next += 1
            if self._next % CHECK_EVERY == 0:
                checks += 1
                for end in ends:
                    end.check()
            for section in (VOICE, VIDEO):
                packet = self._person.packet(section)
                mark = b"%s %d" % (section.cid.encode(), self._next)
                sent[mark] = time.monotonic()
                self._speaker.send_rtp(dataclasses.replace(packet, payload=packet.payload + b"|" + mark))
            await asyncio.sleep(EVERY_S)
        await self._listener.until(lambda: len(came) >= len(sent))
        for end in ends:
            # those of the association's own pace may come on top
            await end.until(lambda end=end: len(end.stun) >= checks)  # type: ignore[misc]
        watching.cancel()
        assert came.keys() == sent.keys()
        return sorted(came[mark] - sent[mark] for mark in sent)

    async def _watch(self, came: dict[bytes, float]) -> None:
        while True:
            packets, self._listener.rtp = self._listener.rtp, []
            for packet in packets:
                _, is_marked, mark = packet.payload.rpartition(b"|")
                if is_marked:
                    came.setdefault(mark, time.monotonic())
            self._listener._news.clear()
            if not self._listener.rtp:
                await self._listener._news.wait()


@asynccontextmanager
async def a_call(folder: Path, busy_s: float, *, open_files: int = 0) -> AsyncIterator[Call]:
    async with (
        a_live_node(folder, program="tests.support.busy_node", busy_s=busy_s, open_files=open_files) as node,
        a_scripted_person(node, "an") as speaker,
        a_scripted_person(node, "binh") as listener,
    ):
        publishing = await speaker.publish(VOICE, VIDEO)
        async with speaker.sending(VOICE, VIDEO):
            receiving = await listener.receives_media(2)
        yield Call(node, publishing, speaker, receiving)
        assert not node.faults()


async def answers_after(node: LiveNode) -> float:
    """How long the event loop takes to answer now."""
    asked = time.monotonic()
    async with aiohttp.ClientSession() as http, http.get(f"{node.url}/healthz") as answer:
        assert answer.status == 200
    return time.monotonic() - asked


def p99_ms(delays: list[float]) -> str:
    return f"p50 {delays[len(delays) // 2] * 1000:.1f}, p99 {delays[len(delays) * 99 // 100] * 1000:.1f} ms"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seconds", [3.0, pytest.param(10.0, marks=pytest.mark.slow)])
async def test_an_event_loop_that_stands_still_loses_no_packet_and_no_consent(tmp_path: Path, seconds: float) -> None:
    async with a_call(tmp_path, seconds) as call:
        calm = await call.run(PHASE_S)
        call.node.process.send_signal(signal.SIGUSR1)
        asking = asyncio.create_task(answers_after(call.node))
        blocked = await call.run(seconds - 0.5)
        assert not asking.done(), "the event loop was not blocked"
        assert await asking >= seconds - 0.5
        sys.stdout.write(f"blocked for {seconds:.0f} s: {p99_ms(blocked)}; before: {p99_ms(calm)}\n")


@pytest.mark.timeout(120)
async def test_bursts_of_work_in_python_lose_no_packet_and_no_consent(tmp_path: Path) -> None:
    async with a_call(tmp_path, 3.0) as call:
        calm = await call.run(PHASE_S)
        call.node.process.send_signal(signal.SIGUSR2)
        busy = await call.run(3.0)
        await answers_after(call.node)
        sys.stdout.write(f"400 ms bursts: {p99_ms(busy)}; before: {p99_ms(calm)}\n")
