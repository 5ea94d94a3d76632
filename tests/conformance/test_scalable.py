"""Chromium judges VP9 and AV1: scalable streams, the layers a viewer chooses of them, and a second codec beside."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page

from signaling.node import ENGINE
from tests.conformance.people import a_token, url_of
from tests.conformance.tabs import a_tab, needs_browser

pytestmark = needs_browser

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
        assert stream["framesReceived"] - stream["framesDecoded"] - stream["framesDropped"] <= 3, stream


@asynccontextmanager
async def a_tab_without(
    codec: str, browser: Browser, site: str, node: TestServer, identity: str, **options: Any
) -> AsyncIterator[Page]:
    """Somebody whose browser has no decoder for the codec."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{site}?{urlencode({'options': json.dumps(options)})}")
    await page.evaluate("codec => lacks(codec)", codec)
    await page.evaluate("([url, token]) => join(url, token)", [url_of(node), a_token(identity)])
    yield page
    await context.close()


@pytest.mark.parametrize("is_single", [True, pytest.param(False, marks=pytest.mark.slow)])
async def test_who_cannot_decode_the_first_codec_gets_the_second(
    node: TestServer, browser: Browser, site: str, is_single: bool
) -> None:
    one = {"singlePeerConnection": is_single}
    async with (
        a_tab(browser, site, node, "an", dynacast=True, **one) as an,
        a_tab(browser, site, node, "binh", **one) as binh,
        a_tab_without("VP9", browser, site, node, "chi", **one) as chi,
    ):
        options = {"videoCodec": "vp9", "scalabilityMode": "L3T3_KEY", "backupCodec": {"codec": "vp8"}}
        await an.evaluate("([capture, options]) => publish(capture, options)", [CAPTURE, options])
        for viewer, codec in ((binh, "video/VP9"), (chi, "video/VP8")):
            await viewer.wait_for_function("(seen.frames['an/camera'] || 0) > 5", timeout=0)
            assert (await only_inbound(viewer))["codec"] == codec


async def test_a_frame_rate_is_a_temporal_layer(node: TestServer, browser: Browser, site: str) -> None:
    async with a_tab(browser, site, node, "an") as an, a_tab(browser, site, node, "binh") as binh:
        await an.evaluate("camera('vp8')")
        await binh.wait_for_function("(seen.frames['an/camera'] || 0) > 5", timeout=0)
        await until_temporal(node, binh, None)
        await binh.evaluate("setting((publication) => publication.setVideoFPS(5))")
        await until_temporal(node, binh, 1)
        await binh.evaluate("seen.frames = {}")
        await binh.wait_for_function("(seen.frames['an/camera'] || 0) > 5", timeout=0)
        assert (await only_inbound(binh))["pliCount"] <= 1


async def until_temporal(node: TestServer, viewer: Page, temporal: int | None) -> None:
    """Until no more than that temporal layer is asked of the data plane, and the stream has shown its layers."""
    live = node.app[ENGINE]._live("hall")
    sid = await viewer.evaluate("room.localParticipant.sid")
    (track,) = live.connections[sid].subscriber.tracks.values()
    while track.temporal != temporal or not any(len(layer) == 3 for layer in track.source.temporal):
        await asyncio.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["vp8", "vp9", "av1"])
async def test_forty_changes_of_layer_leave_no_picture_undecoded(
    node: TestServer, browser: Browser, site: str, codec: str
) -> None:
    """R02 in a browser: everything that comes is decoded, and nothing is flat for three seconds. Freezes are not
    counted: on a busy machine the encoder pauses by itself.
    """
    async with a_tab(browser, site, node, "an") as an, a_tab(browser, site, node, "binh") as binh:
        options = {"videoCodec": codec, "backupCodec": False, "simulcast": codec == "vp8"}
        if codec != "vp8":
            options["scalabilityMode"] = "L3T3_KEY"
        await an.evaluate("([capture, options]) => publish(capture, options)", [CAPTURE, options])
        await until_height(binh, HEIGHTS[HIGH])
        await binh.evaluate("seen.gaps = {}")
        for change in range(40):
            level = (LOW, HIGH)[change % 2]
            await binh.evaluate("level => quality(level)", level)
            if change % 4 == 3:
                await until_height(binh, HEIGHTS[level])
            else:
                # back before the key frame has come
                await asyncio.sleep(0.1 * (change % 7))
        after = await only_inbound(binh)
        gap_ms = await binh.evaluate("seen.gaps['an/camera']")
        lost = after["framesReceived"] - after["framesDecoded"] - after["framesDropped"]
        assert lost <= 5 and gap_ms < 3000, after


@pytest.mark.slow
async def test_three_spatial_layers_of_a_large_picture(node: TestServer, browser: Browser, site: str) -> None:
    async with a_tab(browser, site, node, "an") as an, a_tab(browser, site, node, "binh") as binh:
        capture = {"width": 1280, "height": 720, "frameRate": 10}
        options = {"videoCodec": "vp9", "scalabilityMode": "L3T3_KEY", "backupCodec": False}
        await an.evaluate("([capture, options]) => publish(capture, options)", [capture, options])
        for width, height, shown in ((1280, 720, 720), (300, 170, 180), (640, 360, 360), (1280, 720, 720)):
            size = {"width": width, "height": height}
            await binh.wait_for_function("(seen.frames['an/camera'] || 0) > 0", timeout=0)
            await binh.evaluate("size => setting((publication) => publication.setVideoDimensions(size))", size)
            await until_height(binh, shown)
