"""Nonsense in any place of any route is answered with an error, never with a failure of ours."""

import asyncio
import io
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from lms.api import ROUTES
from tests.support.lms import Lms, a_class, a_report, hold, iso

IDS = ("nothing23456", "%00", "..%2f..", "%F0%9F%98%80", "x" * 300, "%ff", "'%3B--", "%ED%A0%80")
QUERIES = ("query=%00", "query=%25_", "page=-1", "page=x", "unit_id=%00", "query=%ff", "kind=%00")
BODIES: tuple[Any, ...] = (
    b"",
    b"null",
    b"[]",
    b'{"a": 1}',
    b"{" * 10_000,
    b"[" * 200_000,
    b'"\xff"',
    b'{"title": "\\u0000", "name": "\\u0000", "login": "\\u0000", "query": "\\u0000"}',
    b'{"title": "\\ud800", "name": "\\ud800", "login": "\\ud800", "password": "\\ud800\\ud800"}',
    b'{"coverage_percent": 1e999}',
    b"\x00" * 100,
)


def path_of(path: str, value: str) -> str:
    for name in ("course_id", "session_id", "person_id", "unit_id", "item_id"):
        path = path.replace("{" + name + "}", value)
    return path.replace("{path:.+}", value)


async def test_a_strange_id_finds_nothing(lms: Lms) -> None:
    held = await a_class(lms)
    for value, route in product(IDS, ROUTES):
        if "{" in route.path:
            answer = await held.admin.ask(route.method, path_of(route.path, value), json={} if route.body else None)
            # taking somebody off who is not on the list is no error
            assert 400 <= answer.status < 500 or answer.status == 204, (route.method, route.path, value, answer.status)


async def test_a_strange_body_is_refused(lms: Lms) -> None:
    held = await a_class(lms)
    for body, route in product(BODIES, ROUTES):
        if route.body is not None:
            path = path_of(route.path.replace("{session_id}", held.session_id), held.course_id)
            answer = await held.admin.ask(route.method, path, data=body)
            assert 400 <= answer.status < 500, (route.method, route.path, body[:40], answer.status)


async def test_a_strange_query_is_survived(lms: Lms) -> None:
    held = await a_class(lms)
    for query, route in product(QUERIES, ROUTES):
        if route.query is not None:
            answer = await held.admin.ask(route.method, f"{route.path}?{query}", data=b"x")
            assert answer.status < 500, (route.path, query, answer.status)


async def test_a_body_that_is_too_large_is_refused(lms: Lms) -> None:
    held = await a_class(lms)
    answer = await held.admin.ask("POST", "/units", data=io.BytesIO(b"x" * (1024 * 1024 + 1)))
    assert (answer.status, answer.code) == (413, "too_large")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z"])
async def test_times_at_the_edge_of_the_calendar_are_refused(lms: Lms, moment: str) -> None:
    held = await a_class(lms, "em")
    answer = await held.admin.ask("PATCH", f"/sessions/{held.session_id}", json={"starts_at": moment})
    assert answer.status == 422
    await hold(lms, held, 60, {})
    report = a_report("r", (0, 10), lms.now) | {"wall_start": moment}
    answer = await held.trainees[0].ask("POST", f"/sessions/{held.session_id}/evidence", json={"reports": [report]})
    assert answer.status == 200
    assert [refused["id"] for refused in answer.json["refused"]] == ["r"]


async def test_replays_of_two_sessions_at_the_same_moment_count_once(lms: Lms) -> None:
    held = await a_class(lms, "em")
    em = held.trainees[0]
    second = {
        "title": "Buổi 2",
        "starts_at": iso(lms.now),
        "ends_at": iso(lms.now + timedelta(hours=1)),
        "host_id": held.host.person_id,
    }
    other = (await held.admin.post(f"/courses/{held.course_id}/sessions", second))["id"]
    await lms.hook("room_started", {"room": {"name": f"s-{other}", "sid": "RM_2"}})
    await hold(lms, held, 60, {})
    at = lms.now
    lms.pass_time(100)
    answers = await asyncio.gather(
        *(
            em.post(f"/sessions/{session_id}/evidence", {"reports": [a_report(session_id, (0, 30), at)]})
            for session_id in (held.session_id, other)
        )
    )
    assert sorted(len(answer["accepted"]) for answer in answers) == [0, 1]
