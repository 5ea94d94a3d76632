"""UDP that works at first and then is dropped or thinned: the call goes on (R11)."""

import time
from pathlib import Path

import pytest

from tests.networks.evidence import state
from tests.networks.scene import a_scene

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OVER_TCP = "newest.paths.length && newest.paths.every(one => one.startsWith('tcp/'))"


async def test_a_call_whose_udp_dies_goes_on_over_tcp(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        far, near = await scene.call()
        frames = await near.evaluate("seen.frames['far/camera']")
        for page in (far, near):
            await page.evaluate("listen()")
        await scene.block("udp")
        began = time.monotonic()
        await near.wait_for_function(f"(seen.frames['far/camera'] || 0) > {frames} + 20")
        await far.wait_for_function(OVER_TCP)
        pictures_s = time.monotonic() - began
        voices_s = [await page.evaluate("newest.silence") for page in (far, near)]
        state(
            f"R11: UDP dies in the middle of a call: 20 pictures over TCP after {pictures_s:.1f} s; "
            f"no voice for {voices_s[0]:.1f} s at the far side, for {voices_s[1]:.1f} s at the near side."
        )
        assert "Disconnected" not in await far.evaluate("seen.told")


async def test_thirty_percent_of_udp_lost_is_still_a_call(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        await scene.block("udp dport 7882 numgen random mod 100 < 30")
        far, near = await scene.call()
