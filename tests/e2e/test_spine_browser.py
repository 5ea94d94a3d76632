"""E0: one blended session with real browsers: live, a line cut, an absence, the replay, coverage and completion."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.support.browser import a_browser, log_in
from tests.support.line import Line, a_line, own_gid
from tests.support.program import Person, Program, running
from tests.support.replays import download, pictures
from tests.support.story import PASSWORD, Story, facts, opened, prepare, ready_replay, settled, until, zero_of

# Seconds after everybody is in.
CUT_S, HOA_LEAVES_S, MEND_S, END_S = 5.0, 7.0, 19.0, 37.0
TOLERANCE_S = 2.0


async def enter(page: Page, story: Story, *, with_media: bool) -> None:
    """Through the pre-join page into the room; only the host shows and speaks."""
    if with_media:
        await page.evaluate("window.useClockMedia")
        await page.add_init_script("window.useClockMedia()")
    await page.goto(f"/sessions/{story.session}/room")
    if not with_media:
        for device in ("prejoin-camera", "prejoin-microphone"):
            button = page.get_by_test_id(device)
            await button.wait_for()
            if await button.get_attribute("aria-pressed") == "true":
                await button.click()
    await page.get_by_test_id("join").click()
    await page.get_by_test_id("room").wait_for()


async def sees_clock(page: Page) -> float | None:
    """The session second that any picture on the page shows now."""
    second: float | None = await page.evaluate(
        "() => [...document.querySelectorAll('video')].map((v) => v.videoWidth ? window.readClock(v) : null)"
        ".find((second) => second !== null) ?? null"
    )
    return second


async def leave(page: Page) -> None:
    await page.get_by_test_id("leave").click()
    await page.get_by_test_id("room").wait_for(state="detached")


async def end_for_all(page: Page) -> None:
    await page.get_by_test_id("leave").click()
    await page.get_by_test_id("end-for-all").click()
    await page.get_by_test_id("end-confirm").click()


class Live:
    """The live part; `truth` collects the session seconds at which things really happened."""

    def __init__(self, program: Program, story: Story, line: Line) -> None:
        self.program, self.story, self.line = program, story, line
        self.zero = self.all_in = 0.0
        self.truth: dict[str, float] = {}
        self.arrivals: dict[str, list[float]] = {}

    async def at(self, second: float) -> None:
        await asyncio.sleep(max(0.0, self.all_in + second - time.time()))

    async def attend(self, page: Page) -> None:
        await enter(page, self.story, with_media=False)
        await until("picture", lambda: page.evaluate("window.clockSeen.length"), within_s=40)

    async def measure(self, login: str, page: Page) -> None:
        """Seconds in which media packets arrived at the page, by its own statistics."""
        times = [at / 1000 - self.all_in for at in await page.evaluate("window.mediaArrived")]
        steps = [after - before for before, after in zip(times, times[1:], strict=False)]
        # A look every fifth of a second; on a busy machine some come seconds late, which is not the cut.
        self.truth[login] = sum(step for step in steps if step < (MEND_S - CUT_S) / 2)
        self.arrivals[login] = [round(time, 1) for time in times]

    async def run(self, browser: Browser, dungs_browser: Browser) -> Page:
        """Gives the host's page after the end."""
        host, cuc, hoa, dung = await asyncio.gather(
            *(log_in(browser, self.program, login, PASSWORD) for login in ("binh2", "cuc2", "hoa3")),
            log_in(dungs_browser, self.program, "dung2", PASSWORD),
        )
        await enter(host, self.story, with_media=True)
        async with Person.logged_in(self.program, "binh2", PASSWORD) as person:
            zero = zero_of(await until("opened", lambda: opened(person, self.story), within_s=20))
        assert zero is not None
        self.zero = zero
        await host.evaluate(f"window.clockZeroMs = {zero * 1000}")
        assert await host.get_by_test_id("recording").is_visible()
        await asyncio.gather(*(self.attend(page) for page in (cuc, hoa, dung)))
        self.all_in = time.time()
        await self.at(CUT_S)
        await self.line.cut()
        await self.at(HOA_LEAVES_S)
        await leave(hoa)
        await self.at(MEND_S)
        await self.line.mend()
        await self.sees_now(dung)
        await self.at(END_S)
        assert await sees_clock(cuc) is not None
        await end_for_all(host)
        self.truth["end"] = time.time() - self.zero
        for login, page in (("cuc2", cuc), ("dung2", dung), ("hoa3", hoa)):
            await page.get_by_test_id("room").wait_for(state="detached")
            await self.measure(login, page)
        return host

    async def sees_now(self, page: Page) -> None:
        """Returns when the page again shows a picture of less than 2 s ago."""
        is_fresh = f"at / 1000 > {time.time()} && at / 1000 - {self.zero} - second < 2"
        fresh = f"window.clockSeen.some(([second, at]) => {is_fresh})"
        await until("fresh picture", lambda: page.evaluate(fresh), within_s=40)


async def check_replay_page(page: Page, story: Story) -> None:
    """The player shows the second that it says it is at."""
    player = page.get_by_test_id("player")
    await player.wait_for()
    state = "document.querySelector('[data-testid=player]').dataset.state"
    await until("playing", lambda: page.evaluate(state + " === 'playing'"), within_s=30)
    for _ in range(2):
        await asyncio.sleep(1.5)
        await page.get_by_test_id("play").click()
        await until("paused", lambda: page.evaluate(state + " === 'paused'"), within_s=15)
        # At rest both numbers stand still; a picture that is still being decoded comes within a moment.
        await until("the right picture", lambda: shows_what_it_says(page), within_s=5)
        await page.get_by_test_id("play").click()


async def shows_what_it_says(page: Page) -> bool:
    """The picture tells the second that the player says, to half a second."""
    said = await page.evaluate("Number(document.querySelector('[data-testid=player]').dataset.sessionSecond)")
    shown = await sees_clock(page)
    return shown is not None and shown > 0 and abs(said - shown) <= 0.5


async def watch(browser: Browser, program: Program, story: Story, login: str, *, missed_only: bool, speed: str) -> None:
    """Plays until nothing is missing, through the player alone."""
    page = await log_in(browser, program, login, PASSWORD)
    await page.goto(f"/sessions/{story.session}/replay" + ("?missed=1" if missed_only else ""))
    await page.get_by_test_id("player").wait_for()
    if speed != "1":
        await page.get_by_test_id("speed").select_option(speed)
    if not missed_only:  # the link to what was missed starts by itself
        await page.get_by_test_id("play").click()
    await check_replay_page(page, story)
    async with Person.logged_in(program, login, PASSWORD) as person:

        async def nothing_missing() -> bool:
            coverage = await person.get(f"/sessions/{story.session}/coverage/me")
            return bool(coverage["missing_s"] < 1.5)

        await until("everything watched", nothing_missing, within_s=90)
    await page.context.close()


def check_attendance(table: dict[str, Any], truth: dict[str, float]) -> None:
    live = {row["person"]["login"]: sum(end - start for start, end in row["live"]) for row in table["rows"]}
    expected = {login: truth.get(login, 0.0) for login in ("cuc2", "dung2", "hoa3", "hoa4", "em2")}
    assert {login: live[login] for login in expected} == pytest.approx(expected, abs=TOLERANCE_S), truth


@pytest.mark.browser
@pytest.mark.timeout(420)
async def test_one_blended_session_in_browsers(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "data") as program,
        Person.logged_in(program, "giang", "lophop-demo") as admin,
        a_line(own_gid(), tcp_port=program.rtc_tcp_port) as line,
    ):
        story = await prepare(admin, coverage_percent=50)
        live = Live(program, story, line)
        async with a_browser() as browser:
            async with a_browser(line.gid, tmp_path) as dungs_browser:
                host = await live.run(browser, dungs_browser)
                # no media on the cut line, whatever the client tried
                assert not [second for second in live.arrivals["dung2"] if CUT_S + 1 < second < MEND_S], live.arrivals
                asked = time.time()
                replay = await until("ready", lambda: ready_replay(admin, story), within_s=20)
                assert time.time() - asked <= 5, "the replay is there within 5 s of the end"
                await host.context.close()
            told = [one for one in pictures(await download(admin, replay, "speaker")) if one[1]]
            wrong = [one for one in told if abs(one[0] - (one[1] or 0)) > 0.5]
            # The fixture itself draws a picture late now and then when eight pages share two cores.
            assert len(wrong) <= len(told) // 50, wrong
            await until("evidence", lambda: settled(admin, story), within_s=15)
            check_attendance(await admin.get(f"/sessions/{story.session}/attendance"), live.truth)
            await asyncio.gather(
                watch(browser, program, story, "dung2", missed_only=True, speed="1"),
                watch(browser, program, story, "em2", missed_only=False, speed="2"),
            )
        done = await admin.get(f"/courses/{story.course}/completion")
        complete = {row["person"]["login"]: row["is_complete"] for row in done["rows"]}
        assert complete == {"cuc2": True, "dung2": True, "em2": True, "hoa3": False, "hoa4": False}, done
        before = await facts(program, story)
        await program.kill()
        await program.start()
        assert await facts(program, story) == before
