"""A running LMS for tests: real application, real database, a clock that is set by hand, people made in a line.

The media node beside it is a small aiohttp server that keeps what it was asked: a port of ours, not our code.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from multidict import CIMultiDictProxy

from lms.accounts.models import HeldRole, Person
from lms.accounts.passwords import Hasher
from lms.accounts.repository import People
from lms.accounts.service import enrol_in_unit
from lms.accounts.signing_in import open_sign_in
from lms.actor import Role
from lms.app import create_app
from lms.config import Config
from lms.db.engine import Database
from lms.organisation.models import Unit
from lms.organisation.repository import Units
from lms.organisation.service import plant
from lms.web.auth import COOKIE, CSRF_HEADER
from signaling.protocol import webhook

KEY, SECRET = "testkey", "a secret for tests only, long enough"
START = datetime(2026, 9, 1, 7, 0, tzinfo=UTC)
_numbers = count(1)


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class FakeNode:
    """Answers RoomService calls and remembers them; `is_down` makes it fail as a dead node's gateway does."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    is_down: bool = False
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.called.set()
        if self.is_down:
            return web.json_response({"code": "unavailable", "msg": "down"}, status=503)
        self.calls.append((request.match_info["method"], await request.json()))
        return web.json_response({})

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/twirp/livekit.RoomService/{method}", self.answer)
        return app


@dataclass
class Clock:
    """The time the LMS believes it is."""

    now: datetime = START

    def read(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    json: Any

    @property
    def code(self) -> str:
        """The stable code of an error."""
        return str(self.json["error"]["code"])


@dataclass(slots=True)
class Browser:
    """One signed-in (or not) person's requests."""

    client: TestClient[web.Request, web.Application]
    token: str = ""
    person_id: str = ""

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        headers = {CSRF_HEADER: "1", **options.pop("headers", {})}
        if self.token:
            headers["Cookie"] = f"{COOKIE}={self.token}"
        url = path if path.startswith(("/hooks", "/api", "/healthz")) else f"/api/v1{path}"
        async with self.client.request(method, url, headers=headers, **options) as response:
            body = await response.read()
            is_json = response.content_type == "application/json" and body
            return Answer(response.status, response.headers, body, await response.json() if is_json else None)

    async def get(self, path: str, **options: Any) -> Any:
        return await self._good("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> Any:
        return await self._good("POST", path, json=json, **options)

    async def patch(self, path: str, json: Any) -> Any:
        return await self._good("PATCH", path, json=json)

    async def delete(self, path: str) -> Any:
        return await self._good("DELETE", path)

    async def _good(self, method: str, path: str, **options: Any) -> Any:
        answer = await self.ask(method, path, **options)
        assert answer.status < 300, (method, path, answer.status, answer.json)
        return answer.json


@dataclass(slots=True)
class Lms:
    client: TestClient[web.Request, web.Application]
    database: Database
    node: FakeNode
    data: Path
    hand: Clock

    @property
    def now(self) -> datetime:
        return self.hand.now

    def pass_time(self, seconds: float) -> None:
        self.hand.now += timedelta(seconds=seconds)

    @property
    def stranger(self) -> Browser:
        return Browser(self.client)

    async def unit(self, code: str, parent: str | None = None, kind: str = "school") -> str:
        async with self.database.begin() as uow:
            above = await Units(uow).with_code(parent) if parent else None
            unit = plant(code, f"Đơn vị {code}", kind, above)
            Units(uow).add(unit)
            return unit.id

    async def person(self, login: str, unit: str, role: Role = Role.TRAINEE, *, name: str = "") -> Browser:
        """A person with a role in a unit (by code), already signed in."""
        async with self.database.begin() as uow:
            home = await Units(uow).with_code(unit)
            assert home is not None, unit
            person = a_person(login, home, role, name=name, now=self.now)
            People(uow).add(person)
            await uow.flush()
            token = await open_sign_in(uow, person.id, self.now)
            return Browser(self.client, token, person.id)

    async def set_password(self, browser: Browser, password: str) -> None:
        async with self.database.begin() as uow:
            person = await People(uow).get(browser.person_id)
            person.password_hash = await Hasher().hash(password)

    async def hook(
        self, event: str, parts: Mapping[str, Any], *, event_id: str = "", at: datetime | None = None
    ) -> int:
        """A signed webhook as node and recorder send them; gives the status."""
        body = webhook.build(
            event=event,
            event_id=event_id or f"EV_{next(_numbers)}",
            created_at=(at or self.now).timestamp(),
            parts=parts,
        )
        headers = webhook.headers(body, key=KEY, secret=SECRET, now=self.now.timestamp())
        async with self.client.post("/hooks/live", data=body, headers=headers) as response:
            return response.status

    async def present(self, session_id: str, person_id: str, *spans: tuple[float, float], zero: datetime) -> None:
        """The node proves presence in session seconds."""
        base = zero.timestamp()
        proven = [[base + start, base + end] for start, end in spans]
        entry = {"identity": person_id, "participantSid": f"PA_{person_id}", "spans": proven}
        assert await self.hook("presence_proven", {"room": a_room(session_id, zero), "presence": [entry]}) == 200


def a_person(login: str, unit: Unit, role: Role, *, name: str, now: datetime) -> Person:
    person = enrol_in_unit(login, name or f"Người {login}", unit, now, None)
    person.roles = [HeldRole(role=role, unit_id=unit.id)]
    return person


def a_room(session_id: str, zero: datetime, sid: str = "RM_first") -> dict[str, str]:
    milliseconds = int(zero.timestamp() * 1000)
    return {
        "name": f"s-{session_id}",
        "sid": sid,
        "creationTime": str(milliseconds // 1000),
        "creationTimeMs": str(milliseconds),
    }


def a_report(
    report_id: str, span: tuple[float, float], wall_start: datetime, *, wall_s: float | None = None, speed: float = 1.0
) -> dict[str, Any]:
    """A replay report that is honest unless `wall_s` says otherwise."""
    took_s = (span[1] - span[0]) / speed if wall_s is None else wall_s
    return {
        "id": report_id,
        "start_s": span[0],
        "end_s": span[1],
        "speed": speed,
        "wall_start": iso(wall_start),
        "wall_end": iso(wall_start + timedelta(seconds=took_s)),
    }


@asynccontextmanager
async def start_lms(database: Database, database_url: str, folder: Path) -> AsyncIterator[Lms]:
    node = FakeNode()
    hand = Clock()
    async with TestServer(node.app()) as node_server:
        config = Config(
            data_dir=str(folder),
            database_url=database_url,
            api_key=KEY,
            api_secret=SECRET,
            node_url=str(node_server.make_url("/")),
            web_root=str(folder / "web"),
        )
        server = TestServer(create_app(config, clock=hand.read))
        async with TestClient(server, cookie_jar=aiohttp.DummyCookieJar()) as client:
            yield Lms(client, database, node, folder, hand)


@dataclass(frozen=True, slots=True)
class Class:
    """A course of a school with a host, trainees, and one session from START to an hour later."""

    course_id: str
    session_id: str
    admin: Browser
    host: Browser
    trainees: Sequence[Browser]


async def a_class(lms: Lms, *logins: str, coverage_percent: int = 80, **session: Any) -> Class:
    await lms.unit("so", kind="department")
    await lms.unit("truong", "so")
    admin = await lms.person("giang", "so", Role.ADMINISTRATOR, name="Trần Hương Giang")
    host = await lms.person("binh", "truong", Role.TEACHER, name="Lê Thanh Bình")
    trainees = [await lms.person(login, "truong") for login in logins]
    units = await admin.get("/units")
    course = await admin.post(
        "/courses",
        {"title": "Ứng dụng CNTT 2026", "unit_id": units["items"][0]["id"], "coverage_percent": coverage_percent},
    )
    wanted = {
        "title": "Buổi 1",
        "starts_at": iso(START),
        "ends_at": iso(START + timedelta(hours=1)),
        "host_id": host.person_id,
        **session,
    }
    held = await admin.post(f"/courses/{course['id']}/sessions", wanted)
    if trainees:
        people = {"person_ids": [trainee.person_id for trainee in trainees]}
        await admin.post(f"/courses/{course['id']}/enrolments", people)
    return Class(course["id"], held["id"], admin, host, trainees)


async def hold(
    lms: Lms, held: Class, seconds: float, presence: Mapping[str, Sequence[tuple[float, float]]]
) -> datetime:
    """The room opens now, people (by person id) are proven present, the host ends it; gives second 0."""
    zero = lms.now
    assert await lms.hook("room_started", {"room": a_room(held.session_id, zero)}) == 200
    lms.pass_time(seconds)
    for person_id, spans in presence.items():
        await lms.present(held.session_id, person_id, *spans, zero=zero)
    await held.host.post(f"/sessions/{held.session_id}/end")
    return zero
