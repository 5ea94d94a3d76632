"""The replay player in a real browser: it shows the second it claims, credits what was played, follows the living."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.support.axe import findings
from tests.support.browser import a_browser, log_in
from tests.support.journal import JournalWriter, Script
from tests.support.program import Person, Program, running
from tests.support.recorded import RecordedSession
from tests.support.story import PASSWORD, Story, prepare, ready_replay, until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

LENGTH_S = 40.0
GAP_S = (20.0, 24.0)
"""The node was down here: nobody has a recording of it."""
TOLERANCE_S = 0.5


def teaching(script: Script, start_s: float, end_s: float) -> Script:
    """The host's camera and microphone; pictures and tones tell their second."""
    script.join(start_s, "binh2")
    script.track(start_s, 1, "binh2", "microphone", "opus")
    script.track(start_s, 2, "binh2", "camera", "h264")
    script.speak(1, start_s, end_s)
    script.film(2, start_s, end_s)
    return script


async def recorded(program: Program) -> Story:
    """A session of 40 s with a gap, a shared screen in VP8 and a chat line; `dung2` was away from 14 to 18."""
    async with Person.logged_in(program, "giang", "lophop-demo") as admin:
        story = await prepare(admin)
        session = RecordedSession(program, story, round((time.time() - LENGTH_S) * 1000))
        await session.tell("room_started")
        first = teaching(session.script(), 0.0, GAP_S[0])
        first.track(8.0, 3, "binh2", "screen_share", "vp8")
        first.film(3, 8.0, 16.0, codec="vp8")
        first.event(3.0, "chat", identity="cuc2", name="Cúc", text="Chào thầy")
        session.write(first)
        session.write(teaching(session.script(GAP_S[1]), GAP_S[1], LENGTH_S).close(LENGTH_S), GAP_S[1])
        await session.attended("dung2", [(0.0, 14.0), (18.0, LENGTH_S + 30)])
        await session.tell("room_finished")
        await admin.post(f"/sessions/{story.session}/end")
        await until("replay", lambda: ready_replay(admin, story), within_s=30)
        return story


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def program(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    folder: Path = tmp_path_factory.mktemp("replay")
    async with running(folder / "data") as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(program: Program) -> Story:
    return await recorded(program)


async def watching(browser: Browser, program: Program, story: Story, login: str, query: str = "") -> Page:
    page = await log_in(browser, program, login, PASSWORD)
    await page.goto(f"/sessions/{story.session}/replay{query}")
    await page.get_by_test_id("player").wait_for()
    return page


async def clocks(page: Page) -> tuple[float, float | None]:
    """(the second the player says, the second its picture of the speaker shows)."""
    said, shown = await page.evaluate(
        "() => [Number(document.querySelector('[data-testid=player]').dataset.sessionSecond),"
        " window.readClock(document.querySelector('[data-testid=replay-speaker]'))]"
    )
    return said, shown


async def shows_what_it_says(page: Page) -> None:
    """Sound and picture tell the same second; a busy machine may be late now and then, but never far.

    After a jump the picture from before it stands until the first of the new place is decoded.
    """
    good = 0
    async with asyncio.timeout(30):
        while good < 4:
            said, shown = await clocks(page)
            is_near = shown is None or abs(said - shown) <= 3 * TOLERANCE_S
            assert is_near or not good, (said, shown)
            good += shown is not None and abs(said - shown) <= TOLERANCE_S
            await asyncio.sleep(0.1)


async def becomes(page: Page, state: str) -> None:
    await page.locator(f"[data-testid=player][data-state={state}]").wait_for()


async def duration(page: Page) -> float:
    return float(await page.get_by_test_id("player").get_attribute("data-duration") or "0")


async def percent(page: Page) -> float:
    return float(await page.get_by_test_id("my-coverage").get_attribute("data-percent") or "0")


async def test_it_plays_the_missed_part_only_and_the_server_credits_it(
    browser: Browser, program: Program, story: Story
) -> None:
    page = await watching(browser, program, story, "dung2")
    before = await percent(page)
    await page.get_by_test_id("watch-missed").click()
    await becomes(page, "playing")
    said, _ = await clocks(page)
    assert 13 <= said <= 18.5
    await shows_what_it_says(page)
    await becomes(page, "ended")
    assert (await clocks(page))[0] < 19.5
    await page.get_by_test_id("nothing-missed").wait_for()
    assert await percent(page) > before
    async with Person.logged_in(program, "dung2", PASSWORD) as person:
        coverage = await person.get(f"/sessions/{story.session}/coverage/me")
    assert [part for part in coverage["missing"] if part[0] < 30] == []
    assert sum(end - start for start, end in coverage["replay"]) <= 6
    await page.context.close()


async def test_every_place_sought_shows_its_own_second(browser: Browser, program: Program, story: Story) -> None:
    page = await watching(browser, program, story, "em2")
    await becomes(page, "paused")
    for second in (31.3, 5.2, 12.7, 38.1, 0.9):
        await page.evaluate(
            "(second) => { const bar = document.querySelector('[data-testid=seek]');"
            " Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(bar, second);"
            " bar.dispatchEvent(new Event('input', {bubbles: true})); }",
            second,
        )

        async def is_there(wanted: float = second) -> bool:
            said, shown = await clocks(page)
            return shown is not None and abs(said - wanted) < 0.1 and abs(shown - wanted) <= TOLERANCE_S

        await until(f"second {second}", is_there, within_s=20)
    assert await page.get_by_test_id("player").get_attribute("data-layout") == "speaker"
    await page.context.close()


async def test_keys_change_speed_and_place_and_a_gap_is_told(browser: Browser, program: Program, story: Story) -> None:
    page = await watching(browser, program, story, "em2", "?t=14")
    await becomes(page, "paused")
    assert await page.get_by_test_id("player").get_attribute("data-layout") == "screen"
    await page.keyboard.press("ArrowRight")
    assert abs((await clocks(page))[0] - 19) < 0.2
    for _ in range(4):
        await page.keyboard.press(">")
    assert await page.get_by_test_id("speed").input_value() == "2"
    for _ in range(6):
        await page.keyboard.press("<")
    assert await page.get_by_test_id("speed").input_value() == "0.5"
    await page.keyboard.press(" ")
    note = page.get_by_test_id("gap-note")
    await until("note", note.text_content, within_s=30)
    said, _ = await clocks(page)
    assert GAP_S[0] <= said <= GAP_S[1] + 0.5
    await page.keyboard.press(" ")
    await becomes(page, "paused")
    await page.context.close()


async def test_it_resumes_where_this_device_stopped(browser: Browser, program: Program, story: Story) -> None:
    page = await watching(browser, program, story, "hoa3", "?t=15")
    await becomes(page, "paused")
    stored = "Object.keys(localStorage).some((key) => key.startsWith('lophop.replay.'))"
    await until("stored", lambda: page.evaluate(stored), within_s=10)
    await page.goto(f"/sessions/{story.session}/replay")
    await page.get_by_test_id("resumed").wait_for()
    assert abs((await clocks(page))[0] - 15) < 0.5
    await page.context.close()


async def test_the_page_is_clean_under_axe_in_both_languages_and_on_a_phone(
    browser: Browser, program: Program, story: Story
) -> None:
    page = await watching(browser, program, story, "em2")
    await becomes(page, "paused")
    assert await findings(page) == []
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.get_by_text("EN", exact=True).click()
    await page.get_by_text("Chat during the session").wait_for()
    assert await findings(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await page.context.close()


async def test_it_follows_a_session_that_is_still_live(browser: Browser, program: Program) -> None:
    async with Person.logged_in(program, "giang", "lophop-demo") as admin:
        story = await prepare(admin)
        session = RecordedSession(program, story, round(time.time() * 1000))
        await session.tell("room_started")
        await session.attended("binh2", [(0.0, 1.0)])
        writer = session.writer()
        lesson = asyncio.create_task(as_it_happens(session, writer))
        page = await watching_live(browser, program, story)
        await page.get_by_test_id("play").click()
        await becomes(page, "playing")
        first = await duration(page)

        async def has_grown() -> bool:
            return await duration(page) > first + 2

        await until("growth", has_grown, within_s=30)
        await page.get_by_test_id("to-live").click()
        await becomes(page, "playing")
        assert (await clocks(page))[0] > first - 6
        lesson.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await lesson
        writer.write(1, time.time() - session.zero_ms / 1000, 0, b'{"event": "closed", "reason": "ended"}')
        writer.close()
        await admin.post(f"/sessions/{story.session}/end")
        await until("replay", lambda: ready_replay(admin, story), within_s=20)
        await page.locator("[data-testid=player][data-live=false]").wait_for()
        await page.context.close()


async def watching_live(browser: Browser, program: Program, story: Story) -> Page:
    """Opens the page at once; it waits by itself until the first segments are there."""
    page = await log_in(browser, program, "em2", PASSWORD)
    await page.goto(f"/sessions/{story.session}/replay")
    await page.locator("[data-testid=player][data-live=true]").wait_for()

    async def has_begun() -> bool:
        return await duration(page) > 2

    await until("first segments", has_begun, within_s=30)
    return page


async def as_it_happens(session: RecordedSession, writer: JournalWriter) -> None:
    """Teaches until cancelled: each record is written when its second has come."""
    for kind, at_s, track, payload in teaching(session.script(), 0.0, 50.0).records():
        await asyncio.sleep(max(0.0, session.zero_ms / 1000 + at_s - time.time()))
        writer.write(kind, at_s, track, payload)
