"""The door and the room in real browsers over the real media node: pictures, sound, chat, screen, end, a dead node."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.support.axe import findings
from tests.support.browser import a_browser, log_in
from tests.support.program import Person, Program, running
from tests.support.story import PASSWORD, Story, prepare, until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

DENIED = """
navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
"""
MOVING = """(identity) => {
  const video = document.querySelector(`[data-testid=tile][data-kind=camera][data-identity="${identity}"] video`);
  return video ? video.getVideoPlaybackQuality().totalVideoFrames : 0;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def program(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    folder: Path = tmp_path_factory.mktemp("room")
    async with running(folder / "data") as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prepared(program: Program) -> Story:
    async with Person.logged_in(program, "giang", "lophop-demo") as admin:
        return await prepare(admin)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(program: Program, prepared: Story) -> Story:
    """A session of its own for each test that ends it would be slow: these share one, the last test ends it."""
    return prepared


async def at_the_door(browser: Browser, program: Program, story: Story, login: str, script: str = "") -> Page:
    page = await log_in(browser, program, login, PASSWORD)
    if script:
        await page.add_init_script(script)
    await page.goto(f"/sessions/{story.session}/room")
    await page.get_by_test_id("join").wait_for()
    return page


async def inside(browser: Browser, program: Program, story: Story, login: str, script: str = "") -> Page:
    page = await at_the_door(browser, program, story, login, script)
    await page.get_by_test_id("mirror").wait_for()
    await page.get_by_test_id("join").click()
    await page.locator("[data-testid=room][data-connection=connected]").wait_for()
    return page


async def sees(page: Page, identity: str, frames: int = 5) -> None:
    """Waits until that many more pictures of this person were decoded."""
    before = await page.evaluate(MOVING, identity)

    async def has_moved() -> bool:
        now: int = await page.evaluate(MOVING, identity)
        return now >= (before if now >= before else 0) + frames

    await until(f"pictures of {identity}", has_moved, within_s=30)


async def test_the_door_shows_oneself_mirrored_and_hears_the_microphone(
    browser: Browser, program: Program, story: Story
) -> None:
    page = await at_the_door(browser, program, story, "hoa3")
    await page.get_by_test_id("mirror").wait_for()
    assert await page.evaluate("getComputedStyle(document.querySelector('[data-testid=mirror]')).transform") == (
        "matrix(-1, 0, 0, 1, 0, 0)"
    )
    assert await page.get_by_test_id("prejoin-recording").is_visible()

    async def moves() -> bool:
        return float(await page.get_by_test_id("meter").get_attribute("data-level") or "0") > 0.2

    await until("the meter moves", moves, within_s=20)
    await page.get_by_test_id("prejoin-camera").click()
    await page.get_by_test_id("mirror").wait_for(state="detached")
    assert await findings(page) == []
    await page.context.close()


async def test_without_permission_one_may_still_enter_to_listen(
    browser: Browser, program: Program, story: Story
) -> None:
    page = await at_the_door(browser, program, story, "hoa4", DENIED)
    await page.get_by_test_id("device-problem").wait_for()
    assert await page.get_by_test_id("join").inner_text() == "Vào để nghe"
    assert await findings(page) == []
    await page.get_by_test_id("join").click()
    await page.locator("[data-testid=room][data-connection=connected]").wait_for()
    await page.get_by_test_id("toggle-microphone").click()
    await page.get_by_test_id("device-trouble").wait_for()
    await page.get_by_test_id("leave").click()
    await page.get_by_test_id("room").wait_for(state="detached")
    await page.context.close()


async def check_meeting(host: Page, cuc: Page, story: Story) -> None:
    """Both see moving pictures of each other; sound arrives and is marked; the notice of recording is up."""
    await asyncio.gather(sees(host, story.people["cuc2"]), sees(cuc, story.people["binh2"]))
    assert await cuc.get_by_test_id("recording").is_visible()
    await cuc.locator(f"[data-identity='{story.people['binh2']}'][data-speaking=true]").wait_for()
    playing = "[...document.querySelectorAll('audio')].some((one) => !one.paused && one.currentTime > 0)"
    await until("sound", lambda: cuc.evaluate(playing), within_s=20)


async def check_chat(host: Page, cuc: Page) -> None:
    """Text arrives as text, whatever it contains; keys of the room are letters while one types."""
    await cuc.keyboard.press("c")
    await cuc.get_by_test_id("chat-input").fill("")
    await cuc.keyboard.type("mvc <b>Chào</b> thầy")
    await cuc.keyboard.press("Enter")
    await host.get_by_role("button", name="Trò chuyện (1)").click()
    await host.get_by_test_id("chat-message").get_by_text("mvc <b>Chào</b> thầy", exact=True).wait_for()
    assert await cuc.get_by_test_id("toggle-microphone").get_attribute("data-off") is None
    await cuc.keyboard.press("Escape")
    await host.keyboard.press("Escape")


async def check_mute(host: Page, cuc: Page, story: Story) -> None:
    tile = host.locator(f"[data-testid=tile][data-kind=camera][data-identity='{story.people['cuc2']}']")
    await cuc.keyboard.press("m")
    await host.locator(f"[data-identity='{story.people['cuc2']}'][data-microphone=off]").wait_for()
    await cuc.get_by_test_id("announcement").get_by_text("Micro đã tắt").wait_for()
    await cuc.keyboard.press("m")
    await host.locator(f"[data-identity='{story.people['cuc2']}'][data-microphone=on]").wait_for()
    assert await tile.is_visible()


async def check_screen(host: Page, cuc: Page) -> None:
    await host.get_by_test_id("toggle-screen").click()
    await cuc.locator("[data-testid=tile][data-kind=screen][data-has-picture=true]").wait_for()
    assert await cuc.get_by_test_id("stage").get_attribute("data-view") == "focus"
    await host.get_by_test_id("toggle-screen").click()
    await cuc.locator("[data-testid=tile][data-kind=screen]").wait_for(state="detached")


async def check_access(page: Page) -> None:
    """Clean under axe, with a panel open, and on a phone in English."""
    await page.keyboard.press("p")
    await page.get_by_test_id("panel-people").wait_for()
    assert await findings(page) == []
    await page.keyboard.press("p")
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert await findings(page) == []
    await page.set_viewport_size({"width": 1280, "height": 720})


def node_of(program: Program) -> int:
    """The process id of the program's media node."""
    assert program.process is not None
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                line = (entry / "cmdline").read_bytes()
            except (OSError, ValueError):
                continue
            if parent == program.process.pid and b"signaling" in line:
                return int(entry.name)
    raise AssertionError("no media node is running")


async def test_two_people_meet_and_outlive_the_death_of_the_node(
    browser: Browser, program: Program, story: Story
) -> None:
    cuc = await inside(browser, program, story, "cuc2")
    host = await inside(browser, program, story, "binh2", "window.useClockMedia()")
    await check_meeting(host, cuc, story)
    await check_chat(host, cuc)
    await check_mute(host, cuc, story)
    await check_screen(host, cuc)
    await check_access(cuc)
    os.kill(node_of(program), signal.SIGKILL)
    await cuc.locator("[data-testid=room][data-connection=reconnecting], [data-testid=room-message]").wait_for()
    for page in (host, cuc):
        await page.locator("[data-testid=room][data-connection=connected]").wait_for(timeout=60_000)
    await asyncio.gather(sees(host, story.people["cuc2"]), sees(cuc, story.people["binh2"]))
    await host.get_by_test_id("leave").click()
    await host.get_by_test_id("end-for-all").click()
    await host.get_by_test_id("end-confirm").click()
    for page in (host, cuc):
        await page.get_by_test_id("room").wait_for(state="detached")
        assert page.url.endswith(f"/sessions/{story.session}")
    await cuc.goto(f"/sessions/{story.session}/room")
    await cuc.get_by_test_id("entry-ended").wait_for()
    assert await findings(cuc) == []
    for page in (host, cuc):
        await page.context.close()
