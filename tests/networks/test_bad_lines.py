"""A call in Chromium over narrow, lossy, slow and broken lines: speech goes on, the call survives, nobody else notices.

What is asserted is behaviour; what was measured goes to the evidence.
"""

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.networks.evidence import state
from tests.networks.scene import SEES, a_scene
from tests.support.conditions import Conditions

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WATCHED_S = 20
LINES = {
    "64 kbit/s": Conditions(rate_bps=64_000, delay_s=0.02),
    "256 kbit/s": Conditions(rate_bps=256_000, delay_s=0.02),
    "5 % loss": Conditions(loss=0.05, burst=2, delay_s=0.02),
    "20 % loss": Conditions(loss=0.2, burst=3, delay_s=0.02),
    "300 ms each way": Conditions(delay_s=0.3, jitter_s=0.03),
}
PACKETS_LEAST = 15 * WATCHED_S
"""A third of what speech has in that time."""


async def _numbers(page: Page) -> dict[str, Any]:
    audio, video = await page.evaluate("Promise.all([incoming('audio'), incoming('video')])")
    return {"audio": audio, "video": video}


async def _watch(page: Page, seconds: float) -> None:
    """The time over which numbers are taken, by the page's clock."""
    until = await page.evaluate(f"performance.now() + {1000 * seconds}")
    await page.wait_for_function("until => performance.now() >= until", arg=until)


def _row(name: str, before: dict[str, Any], after: dict[str, Any], seconds: float) -> str:
    def grown(kind: str, what: str) -> float:
        return float(after[kind][what] - before[kind][what])

    samples = max(1.0, grown("audio", "samples"))
    return (
        f"| {name} | {grown('audio', 'packets') / seconds:.0f} | {100 * grown('audio', 'concealed') / samples:.1f} % "
        f"| {grown('video', 'frames') / seconds:.1f} | {grown('video', 'freezes'):.0f} "
        f"| {grown('video', 'frozen'):.1f} s |"
    )


@pytest.mark.parametrize("name", LINES)
async def test_speech_goes_on_over_a_bad_line(tmp_path: Path, name: str) -> None:
    async with a_scene(tmp_path) as scene:
        far, near = await scene.call()
        fine = await scene.tab(scene.link.near, "fine")
        await fine.wait_for_function(SEES, arg="near")
        await scene.link.set(both=LINES[name])
        began = time.monotonic()
        before, before_fine = await _numbers(far), await _numbers(fine)
        await _watch(far, WATCHED_S)
        after, after_fine = await _numbers(far), await _numbers(fine)
        seconds = time.monotonic() - began
        state(_row(name, before, after, seconds))
        state(_row(f"{name}: who sits on a good line", before_fine, after_fine, seconds))
        assert after["audio"]["packets"] - before["audio"]["packets"] >= PACKETS_LEAST
        assert after_fine["video"]["frames"] - before_fine["video"]["frames"] >= WATCHED_S
        assert "Disconnected" not in await far.evaluate("seen.told")


async def test_a_line_that_is_cut_for_thirty_seconds_comes_back_with_the_same_call(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        far, near = await scene.call()
        await scene.link.set(both=Conditions(is_cut=True))
        await _watch(near, 30)
        frames = await far.evaluate("seen.frames['near/camera']")
        await scene.link.set(both=Conditions())
        mended = time.monotonic()
        await far.wait_for_function("frames => (seen.frames['near/camera'] || 0) > frames + 5", arg=frames)
        state(f"Cut of 30 s: pictures again {time.monotonic() - mended:.1f} s after the line was whole.")
        await near.wait_for_function("(seen.frames['far/camera'] || 0) > 5")
        assert "Disconnected" not in await far.evaluate("seen.told")
