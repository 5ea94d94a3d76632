"""One blended session from schedule to completion with LiveKit's Python SDK as teachers, and no browser."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.line import Line, a_line, own_gid
from tests.support.program import Person, Program, running
from tests.support.replays import download, pictures, sounds
from tests.support.sdk_person import SdkPerson, people_ended
from tests.support.story import PASSWORD, Story, facts, opened, prepare, ready_replay, report, settled, until, zero_of

# Seconds after everybody is in.
CUT_S, HOA_LEAVES_S, MEND_S, END_S = 8.0, 11.0, 22.0, 38.0
TOLERANCE_S = 2.0


def covered_s(spans: list[list[float]]) -> float:
    return sum(end - start for start, end in spans)


async def live_part(program: Program, story: Story, line: Line) -> dict[str, float]:
    """The live session; gives the truth: session seconds at which things really happened."""
    truth: dict[str, float] = {}
    people: list[SdkPerson] = []
    async with people_ended(people), Person.logged_in(program, "binh2", PASSWORD) as host, asyncio.TaskGroup() as group:
        host_sdk = await SdkPerson.joined(await host.post(f"/sessions/{story.session}/join"))
        people.append(host_sdk)
        view = await until("opened", lambda: opened(host, story), within_s=10)
        zero = zero_of(view)
        assert zero is not None
        await host_sdk.publish(int(zero * 1000))

        async def at(second: float) -> float:
            await asyncio.sleep(max(0.0, all_in + second - time.time()))
            return time.time() - zero

        async def attend(login: str, gid: int | None = None) -> SdkPerson:
            async with Person.logged_in(program, login, PASSWORD) as person:
                joined = await SdkPerson.joined(await person.post(f"/sessions/{story.session}/join"), gid)
            people.append(joined)
            truth[f"{login} joined"] = time.time() - zero
            return joined

        cuc, dung, hoa = [
            await task
            for task in [
                group.create_task(attend("cuc2")),
                group.create_task(attend("dung2", line.gid)),
                group.create_task(attend("hoa3")),
            ]
        ]
        all_in = time.time()
        truth["cut"] = await at(CUT_S)
        await line.cut()
        truth["hoa3 left"] = await at(HOA_LEAVES_S)
        await hoa.leave()
        truth["mended"] = await at(MEND_S)
        await line.mend()
        await at(END_S)
        assert [second for second, _ in cuc.seen], "the SDK saw no picture"
        await host.post(f"/sessions/{story.session}/end")
        truth["end"] = time.time() - zero
        truth["dung was back"] = back_at(dung, zero, truth["mended"])
        for person in (host_sdk, cuc, dung):
            await person.leave()
    return truth


def back_at(person: SdkPerson, zero: float, mended: float) -> float:
    """When media flowed again: with the line, unless the client had given the connection up and made another."""
    has_rejoined = any(event["event"] == "reconnecting" for event in person.events)
    return min((at - zero for _, at in person.seen if at - zero > mended), default=0.0) if has_rejoined else mended


async def check_replay(person: Person, replay: dict[str, Any], length_s: float) -> None:
    """What a foreign demuxer decodes from the replay is what the room showed at that second."""
    assert replay["manifest"]["duration_s"] == pytest.approx(length_s, abs=2.0)
    shown = pictures(await download(person, replay, "speaker"))
    told = [(media, second) for media, second in shown if second is not None]
    assert len(told) >= 0.9 * len(shown) > 100
    wrong = [(media, second) for media, second in told if abs(media - second) > 0.5]
    assert wrong == [], wrong[:5]
    assert told[-1][0] > length_s - 4
    heard = sounds(await download(person, replay, "audio"))
    right = [second for second, tone in heard.items() if tone == second % 40]
    assert len(right) >= 0.9 * (length_s - 6), heard


async def replay_parts(program: Program, story: Story, truth: dict[str, float]) -> None:
    """`dung` watches what the cut took, `em` watches everything at double speed, `hoa4` forges."""
    began = time.time()
    async with (
        Person.logged_in(program, "dung2", PASSWORD) as dung,
        Person.logged_in(program, "em2", PASSWORD) as em,
        Person.logged_in(program, "hoa4", PASSWORD) as hoa,
    ):
        missing = (await dung.get(f"/sessions/{story.session}/coverage/me"))["missing"]
        gap = max(missing, key=lambda span: span[1] - span[0])
        await asyncio.sleep(max(truth["end"] / 2, gap[1] - gap[0]) + 0.5)
        now = time.time()
        honest = report("d1", gap[0], gap[1], speed=1, wall_start=began, wall_end=now)
        answer = await dung.post(f"/sessions/{story.session}/evidence", {"reports": [honest, honest]})
        assert set(answer["accepted"]) == {"d1"} and answer["refused"] == []
        whole = report("e1", 0, truth["end"], speed=2, wall_start=began, wall_end=now)
        assert (await em.post(f"/sessions/{story.session}/evidence", {"reports": [whole]}))["accepted"] == ["e1"]
        forged = report("h1", 0, truth["end"], speed=1, wall_start=now - 5, wall_end=now)
        answer = await hoa.post(f"/sessions/{story.session}/evidence", {"reports": [forged]})
        assert [refusal["code"] for refusal in answer["refused"]] == ["report_more_than_wall_time"]


def check_attendance(table: dict[str, Any], truth: dict[str, float]) -> None:
    rows = {row["person"]["login"]: row for row in table["rows"]}
    end = truth["end"]
    expected = {
        "cuc2": end - truth["cuc2 joined"],
        "dung2": end - truth["dung2 joined"] - (truth["dung was back"] - truth["cut"]),
        "hoa3": truth["hoa3 left"] - truth["hoa3 joined"],
        "hoa4": 0.0,
        "em2": 0.0,
    }
    live = {login: covered_s(rows[login]["live"]) for login in expected}
    assert live == pytest.approx(expected, abs=TOLERANCE_S), (live, expected, truth)


async def tell_story(program: Program, gid: int) -> None:
    async with (
        a_line(gid, tcp_port=program.rtc_tcp_port) as line,
        Person.logged_in(program, "giang", "lophop-demo") as admin,
    ):
        story = await prepare(admin, coverage_percent=60)
        truth = await live_part(program, story, line)
        asked = time.time()
        replay = await until("ready", lambda: ready_replay(admin, story), within_s=20)
        assert time.time() - asked <= 5, "the replay is there within 5 s of the end"
        await check_replay(admin, replay, truth["end"])
        table = await until("evidence", lambda: settled(admin, story), within_s=15)
        check_attendance(table, truth)
        await replay_parts(program, story, truth)
        done = await admin.get(f"/courses/{story.course}/completion")
        complete = {row["person"]["login"]: row["is_complete"] for row in done["rows"]}
        assert complete == {"cuc2": True, "dung2": True, "em2": True, "hoa3": False, "hoa4": False}
    before = await facts(program, story)
    await program.kill()
    await program.start()
    assert await facts(program, story) == before


@pytest.mark.timeout(240)
async def test_one_blended_session_on_sqlite(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as program:
        await tell_story(program, gid=own_gid())


@pytest.mark.postgres
@pytest.mark.timeout(240)
async def test_one_blended_session_on_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    async with running(tmp_path / "data", database_url=postgresql_url) as program:
        await tell_story(program, gid=own_gid())
