"""LiveKit's Python client (libwebrtc under Rust) over bad lines, Chromium on a good one: speech goes on both ways."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.conformance.people import a_token
from tests.networks.evidence import state
from tests.networks.scene import ROOT, Scene, a_scene
from tests.support.conditions import Conditions

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WATCHED_S = 10
CUT_S = 12
LINES = {
    "5 % loss": Conditions(loss=0.05, burst=2, delay_s=0.02),
    "20 % loss": Conditions(loss=0.2, burst=3, delay_s=0.02),
    "300 ms each way": Conditions(delay_s=0.3, jitter_s=0.03),
}
PACKETS_LEAST = 15 * WATCHED_S
"""A third of what speech has in that time."""


@dataclass(slots=True)
class Voice:
    """The program `tests.networks.voice` at the far end."""

    process: asyncio.subprocess.Process

    async def until(self, fact: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first word of it from now on of which that is so."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            word: dict[str, Any] = json.loads(line)
            if fact(word):
                return word
        raise AssertionError("the client ended")


@asynccontextmanager
async def a_voice(scene: Scene) -> AsyncIterator[Voice]:
    pipe = asyncio.subprocess.PIPE
    words = (sys.executable, "-m", "tests.networks.voice", scene.url, a_token("far"))
    process = await asyncio.create_subprocess_exec(*scene.link.far.command, *words, cwd=ROOT, stdin=pipe, stdout=pipe)
    try:
        yield Voice(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def heard(page: Page) -> int:
    return int((await page.evaluate("incoming('audio')"))["packets"])


async def until_heard(page: Page, packets: int) -> None:
    """By the browser; asked again and again, because the answer is a promise."""
    while await heard(page) < packets:
        await asyncio.sleep(0.1)


async def both_hear(voice: Voice, near: Page, packets: int) -> None:
    """So many packets more, both ways."""
    at_far = (await voice.until(lambda word: True))["packets"]
    await until_heard(near, await heard(near) + packets)
    await voice.until(lambda word: word["packets"] >= at_far + packets)


async def nobody_left(voice: Voice, near: Page) -> None:
    told = (await voice.until(lambda word: True))["told"]
    assert "disconnected" not in told and "participant_disconnected" not in told
    assert "ParticipantDisconnected" not in await near.evaluate("seen.told")


@pytest.mark.parametrize("name", LINES)
async def test_speech_goes_on_over_a_bad_line(tmp_path: Path, name: str) -> None:
    async with a_scene(tmp_path) as scene, a_voice(scene) as voice:
        near = await scene.tab(scene.link.near, "near")
        await near.evaluate("microphone()")
        await both_hear(voice, near, 50)
        await scene.link.set(both=LINES[name])
        began = asyncio.get_running_loop().time()
        await both_hear(voice, near, PACKETS_LEAST)
        seconds = asyncio.get_running_loop().time() - began
        state(f"| Python client, {name} | {PACKETS_LEAST} packets of speech both ways in {seconds:.1f} s |")
        await nobody_left(voice, near)


async def test_a_line_that_was_cut_goes_on_as_the_same_stay(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene, a_voice(scene) as voice:
        near = await scene.tab(scene.link.near, "near")
        await near.evaluate("microphone()")
        await both_hear(voice, near, 50)
        await scene.link.set(both=Conditions(is_cut=True))
        # the length of the fault
        await asyncio.sleep(CUT_S)
        await scene.link.set(both=Conditions())
        began = asyncio.get_running_loop().time()
        await both_hear(voice, near, 50)
        seconds = asyncio.get_running_loop().time() - began
        state(f"| Python client, line cut for {CUT_S} s | 50 packets both ways {seconds:.1f} s after it was whole |")
        await nobody_left(voice, near)
