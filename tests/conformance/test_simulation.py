"""livekit-client in Chromium asks for faults (SimulateScenario); afterwards both tabs see each other again.

What is decided is that they do, and whether the others saw a departure; how long the picture stood still is logged.
"""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page

from sfu.ids import RoomName
from signaling.config import NodeConfig
from signaling.node import ENGINE, LINE_BYTES_LIMIT, create_app
from tests.conformance.people import KEY, SECRET
from tests.conformance.tabs import a_tab, needs_browser

pytestmark = needs_browser
logger = logging.getLogger(__name__)

# what the client asks, whether the stay goes on
RESUMED = ("signal-reconnect", "migration", "disconnect-signal-on-resume", "disconnect-signal-on-resume-no-messages")
BEGUN_ANEW = ("resume-reconnect", "full-reconnect", "node-failure", "leave-full-reconnect", "force-tcp", "force-tls")

# a smaller picture, or none
LESS = """seen.sizes['an/camera'][0] < 640 || [...room.remoteParticipants.values()].some(one =>
    [...one.videoTrackPublications.values()].some(video => video.track?.streamState === 'paused'))"""


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[TestServer]:
    config = NodeConfig(data_dir=tmp_path, api_keys={KEY: SECRET}, port=0, udp_port=0, allow_simulation=True)
    server = TestServer(await create_app(config), host="127.0.0.1")
    await server.start_server(max_line_size=LINE_BYTES_LIMIT)
    yield server
    await server.close()


def sid_of(node: TestServer, identity: str) -> str:
    everybody = node.app[ENGINE].participants(RoomName("hall"))
    return next((one.sid for one in everybody if one.identity == identity), "")


async def until_they_see_each_other(an: Page, binh: Page) -> None:
    for page, other in ((an, "binh"), (binh, "an")):
        await page.evaluate("seen.frames = {}")
        await page.wait_for_function("key => (seen.frames[key] || 0) > 3", arg=f"{other}/camera", timeout=0)


async def play(node: TestServer, an: Page, binh: Page, scenario: str) -> None:
    is_resumed = scenario in RESUMED
    before = sid_of(node, "an")
    for page in (an, binh):
        await page.evaluate("seen.told = []; seen.gaps = {}")
    await an.evaluate("scenario => room.simulateScenario(scenario)", scenario)
    await an.wait_for_function("seen.told.includes('Reconnected')", timeout=0)
    await until_they_see_each_other(an, binh)
    assert (sid_of(node, "an") == before) is is_resumed, scenario
    assert ("ParticipantDisconnected" not in await binh.evaluate("seen.told")) is is_resumed, scenario
    gaps = [
        await page.evaluate("key => Math.round(seen.gaps[key] || 0)", f"{other}/camera")
        for page, other in ((an, "binh"), (binh, "an"))
    ]
    logger.info("%s: longest time without a new picture %d ms at the client, %d ms at the other", scenario, *gaps)


@pytest.mark.parametrize("is_single", [True, pytest.param(False, marks=pytest.mark.slow)])
async def test_the_stay_goes_on_when_only_the_line_is_played_with(
    node: TestServer, browser: Browser, site: str, is_single: bool
) -> None:
    one = {"singlePeerConnection": is_single}
    async with a_tab(browser, site, node, "an", **one) as an, a_tab(browser, site, node, "binh", **one) as binh:
        for page in (an, binh):
            await page.evaluate("camera('vp8')")
        await until_they_see_each_other(an, binh)
        for scenario in RESUMED:
            await play(node, an, binh, scenario)


@pytest.mark.slow
@pytest.mark.parametrize("is_single", [True, False])
async def test_what_is_really_gone_is_begun_anew_with_its_tracks(
    node: TestServer, browser: Browser, site: str, is_single: bool
) -> None:
    one = {"singlePeerConnection": is_single}
    async with a_tab(browser, site, node, "an", **one) as an, a_tab(browser, site, node, "binh", **one) as binh:
        for page in (an, binh):
            await page.evaluate("camera('vp8')")
        await until_they_see_each_other(an, binh)
        for scenario in BEGUN_ANEW:
            await play(node, an, binh, scenario)


@pytest.mark.slow
async def test_the_server_sends_a_client_away_shows_a_speaker_and_narrows_a_path(
    node: TestServer, browser: Browser, site: str
) -> None:
    async with a_tab(browser, site, node, "an") as an, a_tab(browser, site, node, "binh") as binh:
        await an.evaluate("camera('vp8')")
        await binh.wait_for_function("(seen.frames['an/camera'] || 0) > 3", timeout=0)
        await an.evaluate("room.simulateScenario('speaker')")
        await binh.wait_for_function("room.activeSpeakers.some(one => one.identity === 'an')", timeout=0)
        await binh.wait_for_function("room.activeSpeakers.length === 0", timeout=0)
        await binh.wait_for_function("seen.sizes['an/camera'][0] === 640", timeout=0)
        await binh.evaluate("room.simulateScenario('subscriber-bandwidth', 100000)")
        await binh.wait_for_function(LESS, timeout=0)
        await binh.evaluate("room.simulateScenario('subscriber-bandwidth', 0)")
        await binh.wait_for_function("seen.sizes['an/camera'][0] === 640", timeout=0)
        await an.evaluate("room.simulateScenario('server-leave')")
        await an.wait_for_function("seen.told.includes('Disconnected')", timeout=0)
        await binh.wait_for_function("seen.told.includes('ParticipantDisconnected')", timeout=0)


async def test_a_node_that_does_not_allow_it_plays_nothing(tmp_path: Path, browser: Browser, site: str) -> None:
    config = NodeConfig(data_dir=tmp_path, api_keys={KEY: SECRET}, port=0, udp_port=0)
    async with TestServer(await create_app(config), host="127.0.0.1") as node, a_tab(browser, site, node, "an") as an:
        before = sid_of(node, "an")
        await an.evaluate("room.simulateScenario('server-leave')")
        await an.evaluate("room.simulateScenario('node-failure')")
        await an.evaluate("camera('vp8')")
        assert sid_of(node, "an") == before
        assert await an.evaluate("seen.told") == []
