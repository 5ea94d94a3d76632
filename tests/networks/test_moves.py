"""Many moves in a row, as of somebody who walks about a house (R03): one stay, and for how long voices were missing.

A move takes the old address away at once. Asserted is that nobody leaves and both sides hear each other again.
"""

import logging
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.networks.evidence import spread, state
from tests.networks.scene import Scene, a_scene

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(500)]
logger = logging.getLogger(__name__)
MOVES = 20
# each a new one: browsers go back to one they had before in no time
ADDRESSES = [f"10.77.0.{100 + at}" for at in range(MOVES)]
MORE = "packets => newest.audio.packets > packets + 25"


async def moved(scene: Scene, address: str, far: Page, near: Page) -> tuple[float, float]:
    """For how long the far and the near side heard nothing."""
    for page in (far, near):
        await page.evaluate("listen()")
    await scene.link.move(address)
    for page in (far, near):
        packets = await page.evaluate("newest.audio.packets")
        await page.wait_for_function(MORE, arg=packets)
    return await far.evaluate("newest.silence"), await near.evaluate("newest.silence")


@pytest.mark.parametrize("way", ["udp", "tcp"])
async def test_r03_twenty_moves_are_one_stay(tmp_path: Path, way: str) -> None:
    async with a_scene(tmp_path) as scene:
        if way == "tcp":
            await scene.block("udp")
        far, near = await scene.call()
        gaps = []
        for number, address in enumerate(ADDRESSES, 1):
            gaps.append(await moved(scene, address, far, near))
            logger.info("move %d over %s: no voice for %.1f s (far), %.1f s (near)", number, way, *gaps[-1])
            # for two seconds after a resumption the client takes no notice of another loss
            await far.wait_for_function(f"seen.told.filter(one => one === 'Reconnected').length >= {number}")
        for side, at in (("far", 0), ("near", 1)):
            missing = spread(gap[at] for gap in gaps)
            state(f"| R03: {MOVES} moves over {way}, voice missing at the {side} side | {missing} |")
        assert set(await far.evaluate("paths()")) == {f"{way}/{scene.address}"}
        assert "Disconnected" not in await far.evaluate("seen.told")
        assert "ParticipantDisconnected" not in await near.evaluate("seen.told")
