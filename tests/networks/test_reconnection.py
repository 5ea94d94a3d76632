"""A line that is cut, an address that changes, a translator that forgets (R03): the stay goes on, nobody sees it end.

Only facts decide; how long pictures stood still is logged. A pause in a test is the length of the fault.
"""

import asyncio
import logging
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.networks.scene import Scene, a_scene
from tests.support.conditions import Conditions

pytestmark = pytest.mark.browser
logger = logging.getLogger(__name__)

CUT, WHOLE = Conditions(is_cut=True), Conditions()
SHOWS = "who => (seen.frames[`${who}/camera`] || 0) > 3"


async def two_people(scene: Scene) -> tuple[Page, Page]:
    near, far = await scene.tab(scene.link.near, "near"), await scene.tab(scene.link.far, "far")
    for page in (near, far):
        await page.evaluate("camera('vp8')")
    await until_both_see(near, far)
    return near, far


async def until_both_see(near: Page, far: Page) -> None:
    for page in (near, far):
        await page.evaluate("seen.frames = {}")
    for page, other in ((near, "far"), (far, "near")):
        await page.wait_for_function(SHOWS, arg=other)


async def forget(*pages: Page) -> None:
    for page in pages:
        await page.evaluate("seen.told = []; seen.gaps = {}")


async def report(fault: str, near: Page, far: Page) -> None:
    gaps = [
        await page.evaluate("key => Math.round(seen.gaps[key] || 0)", f"{other}/camera")
        for page, other in ((far, "near"), (near, "far"))
    ]
    logger.info("%s: no new picture for %d ms at the far side, for %d ms at the near side", fault, *gaps)


async def nobody_left(near: Page, far: Page) -> None:
    assert "ParticipantDisconnected" not in await near.evaluate("seen.told")
    told = await far.evaluate("seen.told")
    assert "Disconnected" not in told and "ParticipantDisconnected" not in told


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [4, 12])
async def test_a_line_that_was_cut_goes_on_as_the_same_stay(tmp_path: Path, seconds: int) -> None:
    async with a_scene(tmp_path) as scene:
        near, far = await two_people(scene)
        await forget(near, far)
        await scene.link.set(both=CUT)
        await asyncio.sleep(seconds)
        await scene.link.set(both=WHOLE)
        await until_both_see(near, far)
        await nobody_left(near, far)
        await report(f"line cut for {seconds} s", near, far)


@pytest.mark.slow
async def test_a_line_that_was_cut_for_long_is_joined_anew(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        near, far = await two_people(scene)
        await forget(near, far)
        await scene.link.set(both=CUT)
        # nobody is shown for more than twenty seconds after the last sign of life
        await near.wait_for_function("seen.told.includes('ParticipantDisconnected')")
        await asyncio.sleep(10)
        await scene.link.set(both=WHOLE)
        await until_both_see(near, far)
        assert "Disconnected" not in await far.evaluate("seen.told")
        await report("line cut for some 30 s", near, far)


async def test_another_address_is_the_same_stay(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        near, far = await two_people(scene)
        await forget(near, far)
        await scene.link.move("10.77.0.9")
        await until_both_see(near, far)
        await nobody_left(near, far)
        await report("another address", near, far)


@pytest.mark.slow
async def test_a_translator_that_takes_another_port_is_not_noticed(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        await scene.link.rebind("40000-40999")
        near, far = await two_people(scene)
        await forget(near, far)
        await scene.link.rebind("50000-50999")
        await until_both_see(near, far)
        await nobody_left(near, far)
        await report("another port of the translator", near, far)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [20, 40])
async def test_media_alone_is_cut_and_comes_back(tmp_path: Path, seconds: int) -> None:
    async with a_scene(tmp_path) as scene:
        near, far = await two_people(scene)
        await forget(near, far)
        await scene.block("udp")
        await asyncio.sleep(seconds)
        await scene.block()
        await until_both_see(near, far)
        assert "Disconnected" not in await far.evaluate("seen.told")
        await report(f"media cut for {seconds} s", near, far)
