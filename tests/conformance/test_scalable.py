"""Chromium judges VP9 and AV1: scalable streams, the layers a viewer chooses of them, and a second codec beside."""

from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page

from tests.conformance.test_browser import a_tab, browser, pytestmark, site

__all__ = ["browser", "pytestmark", "site"]

# Chromium makes two spatial layers of a picture of this size
CAPTURE = {"width": 640, "height": 360, "frameRate": 10}
HEIGHTS = {0: 180, 2: 360}
LOW, HIGH = HEIGHTS


async def until_height(viewer: Page, height: int) -> None:
    """Until pictures of that height are shown, and go on."""
    await viewer.wait_for_function("height => seen.sizes['an/camera']?.[1] === height", arg=height, timeout=0)
    await viewer.evaluate("seen.frames = {}")
    await viewer.wait_for_function("(seen.frames['an/camera'] || 0) > 5", timeout=0)


async def only_inbound(viewer: Page) -> dict[str, Any]:
    (stream,) = await viewer.evaluate("inbound()")
    assert isinstance(stream, dict)
    return stream


@pytest.mark.parametrize("codec", ["vp9", "av1"])
async def test_a_viewer_chooses_the_layer_of_a_scalable_stream(
    node: TestServer, browser: Browser, site: str, codec: str
) -> None:
    async with a_tab(browser, site, node, "an") as an, a_tab(browser, site, node, "binh") as binh:
        options = {"videoCodec": codec, "scalabilityMode": "L3T3_KEY", "backupCodec": False}
        await an.evaluate("([capture, options]) => publish(capture, options)", [CAPTURE, options])
        await until_height(binh, HEIGHTS[HIGH])
        for level in (LOW, HIGH):
            await binh.evaluate("level => quality(level)", level)
            await until_height(binh, HEIGHTS[level])
        stream = await only_inbound(binh)
        assert stream["codec"] == f"video/{codec.upper()}"
        assert stream["freezeCount"] <= 2, stream
