"""Enrolling over HTTP."""

from tests.support.lms import Lms, a_class


async def test_a_whole_unit_is_enrolled_once(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    await lms.person("dung", "truong")
    units = {unit["code"]: unit["id"] for unit in (await held.admin.get("/units"))["items"]}
    path = f"/courses/{held.course_id}/enrolments"
    first = await held.admin.post(path, {"unit_id": units["truong"]})
    assert first == {"added": 2, "already_enrolled": 1}
    again = await held.admin.post(path, {"unit_id": units["truong"]})
    assert again == {"added": 0, "already_enrolled": 3}
    listed = (await held.admin.get(path))["items"]
    assert [row["person"]["login"] for row in listed] == ["binh", "cuc", "dung"]
    assert listed[0]["person"]["unit_name"] == "Đơn vị truong"


async def test_an_unknown_person_enrols_nobody(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    path = f"/courses/{held.course_id}/enrolments"
    answer = await held.admin.ask("POST", path, json={"person_ids": [held.host.person_id, "nobody"]})
    assert (answer.status, answer.code) == (422, "person_not_found")
    assert len((await held.admin.get(path))["items"]) == 1


async def test_withdrawing_keeps_the_evidence(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    cuc = held.trainees[0]
    await lms.hook("room_started", {"room": {"name": f"s-{held.session_id}", "sid": "RM_1"}})
    lms.pass_time(60)
    await lms.present(held.session_id, cuc.person_id, (0, 30), zero=lms.hand.now.replace(minute=0, second=0))
    await held.admin.delete(f"/courses/{held.course_id}/enrolments/{cuc.person_id}")
    rows = (await held.host.get(f"/sessions/{held.session_id}/attendance"))["rows"]
    assert [(row["person"]["login"], row["is_enrolled"], row["live"]) for row in rows] == [("cuc", False, [[0, 30]])]


async def test_only_managers_see_and_change_the_list(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    path = f"/courses/{held.course_id}/enrolments"
    for person in (held.trainees[0], held.host):
        assert (await person.ask("GET", path)).code == "not_manager_here"
        assert (await person.ask("POST", path, json={"person_ids": []})).code == "not_manager_here"
        assert (await person.ask("DELETE", f"{path}/{held.host.person_id}")).code == "not_manager_here"
