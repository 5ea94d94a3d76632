"""Audio as RED: what livekit-client sends unless told otherwise, taken apart and put together per subscriber."""

import asyncio
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page

from tests.conformance.people import a_token, people
from tests.conformance.tabs import a_tab, needs_browser
from tests.support.http_media import http_media

pytestmark = needs_browser

# in the order of preference the answer has given them
SENT = """() => {
  const [publication] = room.localParticipant.audioTrackPublications.values();
  return publication.track.sender.getParameters().codecs.map((codec) => codec.mimeType);
}"""
HEARD = """async () => {
  for (;;) {
    for (const participant of room.remoteParticipants.values())
      for (const publication of participant.audioTrackPublications.values()) {
        const report = await publication.track?.getRTCStatsReport();
        const inbound = [...(report?.values() ?? [])].find((one) => one.type === 'inbound-rtp');
        if (inbound?.packetsReceived > 100 && inbound.totalAudioEnergy > 0) return { ...inbound };
      }
    await new Promise((done) => setTimeout(done, 50));
  }
}"""


async def hear(page: Page) -> dict[str, Any]:
    """What the browser counts of the audio it receives, once there is some."""
    heard: dict[str, Any] = await page.evaluate(HEARD)
    return heard


@pytest.mark.parametrize("is_single", [True, False])
async def test_a_browser_publishes_red_and_another_hears_it_whole(
    node: TestServer, browser: Browser, site: str, is_single: bool
) -> None:
    one = {"singlePeerConnection": is_single}
    async with a_tab(browser, site, node, "an", **one) as an, a_tab(browser, site, node, "binh", **one) as binh:
        await an.evaluate("microphone()")
        heard = await hear(binh)
        assert await an.evaluate(SENT) == ["audio/red", "audio/opus"]
        assert heard["concealedSamples"] < 0.5 * heard["totalSamplesReceived"]


async def test_who_disables_red_sends_plain_opus_and_is_heard(node: TestServer, browser: Browser, site: str) -> None:
    async with a_tab(browser, site, node, "an") as an, a_tab(browser, site, node, "binh") as binh:
        await an.evaluate("room.localParticipant.setMicrophoneEnabled(true, {}, { red: false })")
        await hear(binh)
        assert await an.evaluate(SENT) == ["audio/opus"]


async def test_the_python_client_and_the_browser_hear_each_other(node: TestServer, browser: Browser, site: str) -> None:
    async with people(node, "py") as (py,), a_tab(browser, site, node, "web") as web_page:
        await py.publish_microphone()
        await hear(web_page)
        await web_page.evaluate("microphone()")
        await py.until(lambda: "web" in py.heard and py.heard["web"].peak > 0)


async def test_a_whep_player_without_red_hears_a_browser_that_sends_it(
    node: TestServer, browser: Browser, site: str
) -> None:
    async with a_tab(browser, site, node, "an") as an, http_media(a_token("player", "hall")) as player:
        await an.evaluate("microphone()")
        player.watch("audio")
        await player.begin(str(node.make_url("/whep/hall")))
        assert "red/48000" not in player.answer
        track = await player.received.get()
        for _ in range(20):
            await asyncio.wait_for(track.recv(), 20)
