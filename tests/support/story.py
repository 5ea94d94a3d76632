"""The story of one blended session as calls to the HTTP API: who is imported, what is scheduled, what is true after."""

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import Any

from tests.support.program import Person, Program

PASSWORD = "mat-khau-dai-123"
PEOPLE = ("binh2", "cuc2", "dung2", "em2", "hoa3", "hoa4")
NAMES = ("Bình", "Cúc", "Dũng", "Em", "Nguyễn Thị Hoa", "Nguyễn Thị Hoa")


@dataclass(frozen=True)
class Story:
    """Ids of what was prepared; `people` maps login to person id."""

    course: str
    session: str
    people: dict[str, str]


async def prepare(admin: Person, *, coverage_percent: int = 80, is_recorded: bool = True) -> Story:
    """Imports six people by CSV, opens a course with a rule, schedules a session now, enrols all but the host."""
    units = (await admin.get("/units"))["items"]
    unit = next(unit for unit in units if unit["may_administer"])
    roles = ["teacher"] + ["trainee"] * 5
    rows = [
        f"{login},{name},{unit['code']},{role},{PASSWORD}"
        for login, name, role in zip(PEOPLE, NAMES, roles, strict=True)
    ]
    report = await admin.upload("/imports?kind=people", "login,name,unit,role,password\n" + "\n".join(rows) + "\n")
    assert report["errors"] == [], report
    found = [(await admin.get(f"/people?query={login}"))["items"] for login in PEOPLE]
    people = {person["login"]: person["id"] for page in found for person in page if person["login"] in PEOPLE}
    course = await admin.post(
        "/courses",
        {"title": "Ứng dụng CNTT 2026", "unit_id": unit["id"], "description": "", "coverage_percent": coverage_percent},
    )
    now = dt.datetime.now(dt.UTC)
    session = await admin.post(
        f"/courses/{course['id']}/sessions",
        {
            "title": "Buổi 1",
            "starts_at": (now - dt.timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ends_at": (now + dt.timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "host_id": people["binh2"],
            "is_recorded": is_recorded,
        },
    )
    learners = [person for login, person in people.items() if login != "binh2"]
    await admin.post(f"/courses/{course['id']}/enrolments", {"person_ids": learners})
    return Story(course=course["id"], session=session["id"], people=people)


async def until(what: str, ask: Any, *, within_s: float) -> Any:
    """Asks again until the answer is true; gives the answer. The limit is generous, the caller asserts on time."""
    async with asyncio.timeout(within_s):
        while not (answer := await ask()):
            await asyncio.sleep(0.1)
    return answer


def zero_of(view: dict[str, Any]) -> float | None:
    """Unix seconds of session second 0, once the session has begun."""
    zero = view["zero_at"]
    return dt.datetime.fromisoformat(zero.replace("Z", "+00:00")).timestamp() if zero else None


def report(
    name: str, start_s: float, end_s: float, *, speed: float, wall_start: float, wall_end: float
) -> dict[str, Any]:
    """A replay report as the player sends it."""

    def instant(unix_s: float) -> str:
        return dt.datetime.fromtimestamp(unix_s, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    return {
        "id": name,
        "start_s": start_s,
        "end_s": end_s,
        "speed": speed,
        "wall_start": instant(wall_start),
        "wall_end": instant(wall_end),
    }


async def opened(person: Person, story: Story) -> dict[str, Any] | None:
    """The session once it has begun."""
    view: dict[str, Any] = await person.get(f"/sessions/{story.session}")
    return view if view["zero_at"] else None


async def ready_replay(person: Person, story: Story) -> dict[str, Any] | None:
    """The replay once it is whole."""
    replay: dict[str, Any] = await person.get(f"/sessions/{story.session}/replay")
    return replay if replay["state"] == "ready" else None


async def settled(admin: Person, story: Story) -> dict[str, Any] | None:
    """The attendance table once two looks, a second apart, agree: the outbox is empty."""
    first = await admin.get(f"/sessions/{story.session}/attendance")
    await asyncio.sleep(1.0)
    second: dict[str, Any] = await admin.get(f"/sessions/{story.session}/attendance")
    return second if first["rows"] == second["rows"] else None


async def facts(program: Program, story: Story) -> dict[str, Any]:
    """Everything that a restart must leave as it is: attendance, completion, replay and library."""
    async with Person.logged_in(program, "giang", "lophop-demo") as admin:
        table = await admin.get(f"/sessions/{story.session}/attendance")
        for row in table["rows"]:
            row["is_connected"] = row["is_receiving"] = None
        replay = await admin.get(f"/sessions/{story.session}/replay")
        return {
            "attendance": table,
            "completion": await admin.get(f"/courses/{story.course}/completion"),
            "renditions": replay["manifest"]["renditions"],
            "duration": replay["manifest"]["duration_s"],
            "library": await admin.get("/library"),
        }
