"""Twenty lines of JavaScript in real Chromium, on a page of another origin: WHIP and WHEP without any library."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from livekit import rtc
from playwright.async_api import Browser, Page

from tests.conformance.people import a_token, people
from tests.conformance.tabs import until
from tests.support.browser import a_browser

PAGE = Path(__file__).with_name("http_media.html")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path("/usr/bin/chromium").is_file(), reason="make setup installs Chromium"),
]


async def _page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE)


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """The page, from another origin than the node's."""
    app = web.Application()
    app.router.add_get("/", _page)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/"))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as started:
        yield started


@asynccontextmanager
async def a_tab(browser: Browser, site: str) -> AsyncIterator[Page]:
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(0)
    await page.goto(site)
    yield page
    await context.close()


async def publish(page: Page, node: TestServer, level: int, codec: str, *, is_simulcast: bool = False) -> None:
    arguments = [str(node.make_url("/whip/hall")), a_token("web"), level, codec, is_simulcast]
    await page.evaluate("([url, token, level, codec, many]) => publish(url, token, level, codec, many)", arguments)


async def watch(page: Page, node: TestServer, query: str = "") -> None:
    arguments = [str(node.make_url(f"/whep/hall{query}")), a_token("tv")]
    await page.evaluate("([url, token]) => watch(url, token)", arguments)


@pytest.mark.parametrize("codec", [pytest.param("VP8", marks=pytest.mark.slow), "H264"])
async def test_one_tab_publishes_and_another_watches(node: TestServer, browser: Browser, site: str, codec: str) -> None:
    async with a_tab(browser, site) as studio, a_tab(browser, site) as player:
        await publish(studio, node, 200, codec)
        await watch(player, node)
        await player.wait_for_function("Math.abs(state.luma - 200) < 30 && state.frames > 10")
        await until(player, "energy().then(total => total > 0)")
        assert (await player.evaluate("end()"), await studio.evaluate("end()")) == (200, 200)


async def test_simulcast_by_whip_gives_viewers_their_layer(node: TestServer, browser: Browser, site: str) -> None:
    async with people(node, "an") as (an,), a_tab(browser, site) as studio:
        await publish(studio, node, 120, "VP8", is_simulcast=True)
        await an.until(lambda: "web" in an.seen and an.seen["web"].width == 640)
        (publication,) = [
            one
            for one in an.room.remote_participants["web"].track_publications.values()
            if one.kind == rtc.TrackKind.KIND_VIDEO
        ]
        assert publication.simulcasted
        publication.set_video_quality(rtc.VideoQuality.VIDEO_QUALITY_LOW)
        await an.until(lambda: an.seen["web"].width == 320)


async def test_what_chromium_plays_follows_the_room(node: TestServer, browser: Browser, site: str) -> None:
    async with people(node, "an", "binh") as (an, binh), a_tab(browser, site) as player:
        await an.publish_camera(60)
        await watch(player, node)
        await player.wait_for_function("Math.abs(state.luma - 55) < 30")
        await binh.publish_camera(180, video_codec=rtc.VideoCodec.H264)
        await binh.publish_microphone()
        await player.wait_for_function("Math.abs(state.luma - 185) < 30")
        await binh.leave()
        await player.wait_for_function("Math.abs(state.luma - 55) < 30")
        before = await player.evaluate("state.frames")
        await player.wait_for_function("before => state.frames > before + 10", arg=before)


async def test_both_survive_an_ice_restart(node: TestServer, browser: Browser, site: str) -> None:
    async with a_tab(browser, site) as studio, a_tab(browser, site) as player:
        await publish(studio, node, 200, "VP8")
        await watch(player, node)
        await player.wait_for_function("state.frames > 5")
        for page in (studio, player):
            before, _, _ = await page.evaluate("usernames()")
            assert await page.evaluate("restart()")
            await page.wait_for_function(
                "before => usernames().then(([now, , state]) => now !== before && state === 'connected')", arg=before
            )
            frames = await player.evaluate("state.frames")
            await player.wait_for_function("before => state.frames > before + 10", arg=frames)
        assert await studio.evaluate("state.peer.connectionState") == "connected"
        assert (await player.evaluate("end()"), await studio.evaluate("end()")) == (200, 200)
