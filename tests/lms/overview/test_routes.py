"""Courses, sessions and today over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from lms.actor import Role
from tests.support.lms import START, Lms, a_class, a_room, hold, iso


async def test_today_shows_what_concerns_the_asker(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    await lms.unit("khac", "so")
    stranger = await lms.person("la", "khac")
    mine = await held.trainees[0].get("/today")
    assert [session["title"] for session in mine["sessions"]] == ["Buổi 1"]
    assert [course["title"] for course in mine["courses"]] == ["Ứng dụng CNTT 2026"]
    assert mine["sessions"][0]["may_join"] is True
    assert [session["id"] for session in (await held.host.get("/today"))["sessions"]] == [held.session_id]
    assert await stranger.get("/today") == {"sessions": [], "courses": []}
    assert (await held.admin.get("/today"))["sessions"] == []
    await lms.hook("room_started", {"room": a_room(held.session_id, lms.now)})
    assert [session["state"] for session in (await held.admin.get("/today"))["sessions"]] == ["live"]


async def test_a_course_card_tells_progress_and_what_is_next(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    cuc = held.trainees[0]
    later = {
        "title": "Buổi 2",
        "starts_at": iso(START + timedelta(days=7)),
        "ends_at": iso(START + timedelta(days=7, minutes=1)),
        "host_id": held.host.person_id,
    }
    await held.admin.post(f"/courses/{held.course_id}/sessions", later)
    await hold(lms, held, 60, {cuc.person_id: [(0, 60)]})
    (card,) = (await cuc.get("/courses"))["items"]
    assert (card["session_count"], card["ended_session_count"], card["person_count"]) == (2, 1, 1)
    assert card["next_session_at"] == "2026-09-08T07:00:00Z"
    assert (card["coverage_percent"], card["is_complete"]) == (50, False)
    (managed,) = (await held.admin.get("/courses"))["items"]
    assert (managed["coverage_percent"], managed["may_manage"], managed["is_enrolled"]) == (None, True, False)
    listed = (await cuc.get(f"/courses/{held.course_id}/sessions"))["items"]
    assert [(session["title"], session["coverage_percent"]) for session in listed] == [
        ("Buổi 1", 100),
        ("Buổi 2", None),
    ]


async def test_a_course_is_changed_by_its_managers_only(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    path = f"/courses/{held.course_id}"
    changed = await held.admin.patch(path, {"title": "Khóa  mới", "description": "Mô tả"})
    assert (changed["title"], changed["description"]) == ("Khóa mới", "Mô tả")
    assert changed["rule"]["text_vi"].startswith("Hoàn thành khi bạn tham dự ít nhất 80 %")
    for person in (held.trainees[0], held.host):
        answer = await person.ask("PATCH", path, json={"title": "X"})
        assert (answer.status, answer.code) == (403, "not_manager_here")
        assert (await person.get(path))["may_manage"] is False
    await lms.unit("khac", "so")
    other = await lms.person("hung", "khac", Role.OFFICIAL)
    assert (await other.ask("GET", path)).code == "course_not_found"


@pytest.mark.parametrize("percent", [0, 101, 50.5, "80"])
async def test_a_rule_out_of_range_is_refused(lms: Lms, percent: Any) -> None:
    held = await a_class(lms)
    answer = await held.admin.ask("POST", f"/courses/{held.course_id}/rule", json={"coverage_percent": percent})
    assert (answer.status, list(answer.json["error"]["fields"])) == (422, ["coverage_percent"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ends_at": iso(START)}, "session_ends_before_start"),
        ({"ends_at": iso(START + timedelta(hours=25))}, "session_too_long"),
        ({"host_id": "nobody"}, "person_not_found"),
        ({"starts_at": "2026-09-01T07:00:00"}, "invalid_input"),
        ({"title": ""}, "invalid_input"),
        ({"colour": "red"}, "invalid_input"),
    ],
)
async def test_an_impossible_session_is_refused(lms: Lms, change: dict[str, str], code: str) -> None:
    held = await a_class(lms)
    wanted = {
        "title": "X",
        "starts_at": iso(START),
        "ends_at": iso(START + timedelta(hours=1)),
        "host_id": held.host.person_id,
    }
    answer = await held.admin.ask("POST", f"/courses/{held.course_id}/sessions", json=wanted | change)
    assert (answer.status, answer.code) == (422, code)


async def test_a_session_can_change_until_it_has_begun(lms: Lms) -> None:
    held = await a_class(lms)
    path = f"/sessions/{held.session_id}"
    view = await held.admin.patch(path, {"is_recorded": False, "required_minutes": 30, "title": "Mới"})
    assert (view["is_recorded"], view["required_minutes"], view["title"]) == (False, 30, "Mới")
    assert (await held.admin.patch(path, {"required_minutes": None}))["required_minutes"] is None
    await lms.hook("room_started", {"room": a_room(held.session_id, lms.now)})
    answer = await held.admin.ask("PATCH", path, json={"is_recorded": True})
    assert (answer.status, answer.code) == (409, "session_started")
    assert answer.json["error"]["fields"] == {"is_recorded": "session_started"}
    await held.admin.patch(path, {"ends_at": iso(START + timedelta(hours=2))})
    await held.host.post(f"{path}/end")
    assert (await held.admin.ask("PATCH", path, json={"ends_at": iso(START)})).code == "session_ended"
    await held.admin.patch(path, {"title": "Sau cùng"})
    assert (await held.host.ask("PATCH", path, json={"title": "X"})).code == "not_manager_here"
