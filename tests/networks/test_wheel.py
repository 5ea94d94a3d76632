"""LiveKit's Python client (libwebrtc under Rust) over bad lines, Chromium on a good one: speech goes on both ways."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.networks.evidence import state
from tests.networks.scene import Scene, a_scene
from tests.networks.voice import Voice, a_voice
from tests.support.conditions import Conditions

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WATCHED_S = 10
LINES = {
    "64 kbit/s": Conditions(rate_bps=64_000, delay_s=0.02),
    "5 % loss": Conditions(loss=0.05, burst=2, delay_s=0.02),
    "20 % loss": Conditions(loss=0.2, burst=3, delay_s=0.02),
    "300 ms each way": Conditions(delay_s=0.3, jitter_s=0.03),
}
PACKETS_LEAST = 15 * WATCHED_S
"""A third of what speech has in that time."""


def a_voice_far(scene: Scene) -> AbstractAsyncContextManager[Voice]:
    return a_voice(scene.url, "far", inside=scene.link.far.command)


async def heard(page: Page) -> int:
    return int((await page.evaluate("incoming('audio')"))["packets"])


async def until_heard(page: Page, packets: int) -> None:
    """So many more by the browser; asked again and again, because the answer is a promise. A new stay counts anew."""
    more, before = 0, await heard(page)
    while more < packets:
        await asyncio.sleep(0.1)
        now = await heard(page)
        more += now - before if now >= before else now
        before = now


async def both_hear(voice: Voice, near: Page, packets: int) -> None:
    """So many packets more, both ways."""
    at_far = (await voice.until(lambda word: True))["packets"]
    await until_heard(near, packets)
    await voice.until(lambda word: word["packets"] >= at_far + packets)


async def nobody_left(voice: Voice, near: Page) -> None:
    told = (await voice.until(lambda word: True))["told"]
    assert "disconnected" not in told and "participant_disconnected" not in told
    assert "ParticipantDisconnected" not in await near.evaluate("seen.told")


@pytest.mark.parametrize("name", LINES)
async def test_speech_goes_on_over_a_bad_line(tmp_path: Path, name: str) -> None:
    async with a_scene(tmp_path) as scene, a_voice_far(scene) as voice:
        near = await scene.tab(scene.link.near, "near")
        await near.evaluate("microphone()")
        await both_hear(voice, near, 50)
        await scene.link.set(both=LINES[name])
        began = asyncio.get_running_loop().time()
        await both_hear(voice, near, PACKETS_LEAST)
        seconds = asyncio.get_running_loop().time() - began
        state(f"| Python client, {name} | {PACKETS_LEAST} packets of speech both ways in {seconds:.1f} s |")
        await nobody_left(voice, near)


@pytest.mark.parametrize("seconds", [10, 30])
async def test_a_line_that_was_cut_carries_speech_again_by_itself(tmp_path: Path, seconds: int) -> None:
    async with a_scene(tmp_path) as scene, a_voice_far(scene) as voice:
        near = await scene.tab(scene.link.near, "near")
        await near.evaluate("microphone()")
        await both_hear(voice, near, 50)
        await scene.link.set(both=Conditions(is_cut=True))
        # the length of the fault
        await asyncio.sleep(seconds)
        await scene.link.set(both=Conditions())
        began = asyncio.get_running_loop().time()
        await both_hear(voice, near, 50)
        took_s = asyncio.get_running_loop().time() - began
        state(f"| Python client, line cut for {seconds} s | 50 packets both ways {took_s:.1f} s after it was whole |")
        # a stay that this client begins anew when its first attempt to resume the old one has failed is its own affair
        assert "disconnected" not in (await voice.until(lambda word: True))["told"]
