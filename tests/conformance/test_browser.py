"""livekit-client in real Chromium judges the node: simulcast camera, microphone and screen, seen in another tab."""

import contextlib
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from livekit import api
from playwright.async_api import Browser

from tests.conformance.people import KEY, SECRET, Person, a_token, people
from tests.conformance.tabs import a_tab, needs_browser, until
from tests.signaling.process import a_config, a_free_udp_port, a_node

pytestmark = needs_browser


@pytest.mark.parametrize(("codec", "is_single"), [("vp8", True), ("vp8", False), ("h264", True)])
async def test_camera_microphone_and_screen_are_seen_in_another_tab(
    node: TestServer, browser: Browser, site: str, codec: str, is_single: bool
) -> None:
    one = {"singlePeerConnection": is_single}
    async with a_tab(browser, site, node, "an", **one) as an, a_tab(browser, site, node, "binh", **one) as binh:
        await an.evaluate("codec => camera(codec)", codec)
        await an.evaluate("microphone()")
        await an.evaluate("screen()")
        await binh.wait_for_function("(seen.frames['an/camera'] || 0) > 5", timeout=0)
        await binh.wait_for_function("(seen.frames['an/screen_share'] || 0) > 0", timeout=0)
        await until(binh, "received('audio').then(packets => seen.audio > 0 && packets > 20)")


async def test_a_viewer_chooses_the_layer(node: TestServer, browser: Browser, site: str) -> None:
    async with a_tab(browser, site, node, "an") as an, a_tab(browser, site, node, "binh") as binh:
        await an.evaluate("camera('vp8')")
        for level, width in ((0, 320), (2, 640), (0, 320)):
            await binh.wait_for_function("(seen.frames['an/camera'] || 0) > 0", timeout=0)
            await binh.evaluate("level => quality(level)", level)
            await binh.wait_for_function("width => seen.sizes['an/camera'][0] === width", arg=width, timeout=0)


async def test_the_browser_and_the_python_client_meet(node: TestServer, browser: Browser, site: str) -> None:
    async with people(node, "py") as (py,), a_tab(browser, site, node, "web") as web_page:
        await py.publish_camera(90)
        await web_page.wait_for_function("(seen.frames['py/camera'] || 0) > 2", timeout=0)
        await web_page.evaluate("camera('vp8')")
        await py.until(lambda: "web" in py.seen and py.seen["web"].frames > 2)
        await web_page.evaluate("say('hello', 'greeting')")
        await py.until(lambda: py.data)
        assert (py.data[0].data, py.data[0].topic) == (b"hello", "greeting")
        await py.room.local_participant.publish_data(b"back", topic="answer")
        await web_page.wait_for_function("seen.data.length > 0", timeout=0)
        assert await web_page.evaluate("seen.data") == [["back", "py", "answer"]]


async def test_the_browser_is_told_of_a_mute_and_a_departure(node: TestServer, browser: Browser, site: str) -> None:
    async with a_tab(browser, site, node, "web") as page:
        async with people(node, "py") as (py,):
            publication = await py.publish_camera(90)
            await page.wait_for_function("(seen.frames['py/camera'] || 0) > 2", timeout=0)
            publication.track.mute()
            await page.wait_for_function("seen.told.includes('TrackMuted')", timeout=0)
            await py.room.local_participant.unpublish_track(publication.sid)
            await page.wait_for_function("seen.told.includes('TrackUnpublished')", timeout=0)
        await page.wait_for_function("seen.told.includes('ParticipantDisconnected')", timeout=0)


async def test_a_second_tab_of_one_person_replaces_the_first(node: TestServer, browser: Browser, site: str) -> None:
    async with a_tab(browser, site, node, "an") as first, a_tab(browser, site, node, "an"):
        await first.wait_for_function("seen.told.includes('Disconnected')", timeout=0)
        assert "Reconnecting" not in await first.evaluate("seen.told")


@pytest.mark.parametrize("is_single", [True, False])
async def test_a_tab_is_moved_to_another_room_with_its_camera(
    node: TestServer, browser: Browser, site: str, is_single: bool
) -> None:
    async with api.LiveKitAPI(str(node.make_url("")), KEY, SECRET) as lk, people(node, "py") as (py,):
        await lk.room.create_room(api.CreateRoomRequest(name="breakout"))
        there = Person("there")
        await there.join(node, a_token("there", "breakout"))
        await there.publish_camera(90)
        async with a_tab(browser, site, node, "web", singlePeerConnection=is_single) as tab:
            await tab.evaluate("camera('vp8')")
            await py.until(lambda: "web" in py.seen and py.seen["web"].frames > 2)
            await lk.room.move_participant(
                api.MoveParticipantRequest(room="hall", identity="web", destination_room="breakout")
            )
            await there.until(lambda: "web" in there.seen and there.seen["web"].frames > 2)
            await tab.wait_for_function("(seen.frames['there/camera'] || 0) > 2", timeout=0)
            await py.until(lambda: py.names_of("participant_disconnected"))
            assert await tab.evaluate("[room.name, [...room.remoteParticipants.keys()]]") == ["breakout", ["there"]]
            assert "Reconnecting" not in await tab.evaluate("seen.told")
        await there.leave()


@pytest.mark.parametrize(("codec", "is_single"), [("vp8", True), ("h264", False)])
async def test_a_picture_encrypted_end_to_end_is_seen_only_by_who_has_the_key(
    node: TestServer, browser: Browser, site: str, codec: str, is_single: bool
) -> None:
    one = {"singlePeerConnection": is_single}
    async with (
        a_tab(browser, site, node, "an", "the class key", **one) as an,
        a_tab(browser, site, node, "binh", "the class key", **one) as binh,
        a_tab(browser, site, node, "eve", "a guess", **one) as eve,
    ):
        await an.evaluate("codec => camera(codec)", codec)
        await binh.evaluate("codec => camera(codec)", codec)
        await an.evaluate("microphone()")
        await binh.wait_for_function("(seen.frames['an/camera'] || 0) > 5", timeout=0)
        await an.wait_for_function("(seen.frames['binh/camera'] || 0) > 5", timeout=0)
        # a viewer changes the layer: the node finds key frames in what is not encrypted of them
        await binh.evaluate("quality(0)")
        await binh.wait_for_function("seen.sizes['an/camera'][0] === 320", timeout=0)
        await until(eve, "received('video').then(packets => packets > 100)")
        assert await eve.evaluate("Object.keys(seen.frames)") == []


async def test_the_browser_is_told_that_the_room_is_recorded(node: TestServer, browser: Browser, site: str) -> None:
    async with api.LiveKitAPI(str(node.make_url("")), KEY, SECRET) as lk:
        await lk.room.create_room(api.CreateRoomRequest(name="hall", metadata='{"lophop": {"record": true}}'))
    async with a_tab(browser, site, node, "an") as an:
        await an.wait_for_function("room.isRecording", timeout=0)


async def test_tabs_come_back_after_the_node_was_killed(tmp_path: Path, browser: Browser, site: str) -> None:
    config = a_config(tmp_path, udp_port=a_free_udp_port())
    async with contextlib.AsyncExitStack() as tabs:
        async with a_node(config) as (process, url):
            an = await tabs.enter_async_context(a_tab(browser, site, url, "an"))
            binh = await tabs.enter_async_context(a_tab(browser, site, url, "binh"))
            await an.evaluate("camera('vp8')")
            await binh.wait_for_function("(seen.frames['an/camera'] || 0) > 3", timeout=0)
            process.kill()
            await process.wait()
        await binh.wait_for_function("seen.told.includes('Reconnecting')", timeout=0)
        async with a_node(config):
            await binh.evaluate("seen.frames = {}")
            await binh.wait_for_function("(seen.frames['an/camera'] || 0) > 3", timeout=0)
            assert "Disconnected" not in await binh.evaluate("seen.told")
