"""Evidence, coverage and completion from end to end over HTTP."""

from datetime import timedelta

import pytest

from tests.support.lms import START, Lms, a_class, a_report, a_room, hold, iso


async def test_live_and_replay_of_the_missed_part_make_the_whole(lms: Lms) -> None:
    held = await a_class(lms, "dung")
    (dung,) = held.trainees
    await hold(lms, held, 180, {dung.person_id: [(0, 60), (90, 180)]})
    before = await dung.get(f"/sessions/{held.session_id}/coverage/me")
    assert before["live"] == [[0, 60], [90, 180]]
    assert before["missing"] == [[60, 90]]
    assert before["coverage_percent"] == pytest.approx(83.3)
    lms.pass_time(100)
    reports = [a_report("r1", (60, 90), lms.now - timedelta(seconds=40))]
    answer = await dung.post(f"/sessions/{held.session_id}/evidence", {"reports": reports})
    assert answer["accepted"] == ["r1"]
    assert answer["coverage"]["coverage_percent"] == 100
    assert answer["coverage"]["replay_percent"] == pytest.approx(16.7)
    mine = await dung.get(f"/courses/{held.course_id}/completion/me")
    assert mine["is_complete"] is True
    assert "83,3 % trực tiếp (2 đoạn)" in mine["explanation_vi"]


async def test_the_same_report_twice_changes_nothing(lms: Lms) -> None:
    held = await a_class(lms, "em")
    (em,) = held.trainees
    await hold(lms, held, 60, {})
    lms.pass_time(100)
    reports = {"reports": [a_report("r1", (0, 30), lms.now - timedelta(seconds=60))]}
    first = await em.post(f"/sessions/{held.session_id}/evidence", reports)
    assert await em.post(f"/sessions/{held.session_id}/evidence", reports) == first
    assert first["coverage"]["replay"] == [[0, 30]]


async def test_a_forged_report_is_refused_and_its_neighbour_still_counts(lms: Lms) -> None:
    held = await a_class(lms, "em")
    (em,) = held.trainees
    await hold(lms, held, 60, {})
    lms.pass_time(300)
    long_ago = lms.now - timedelta(seconds=200)
    reports = [
        a_report("forged", (0, 60), lms.now - timedelta(seconds=10), wall_s=5),
        a_report("too-fast", (0, 60), long_ago, speed=4.0),
        a_report("future", (0, 30), lms.now + timedelta(seconds=10)),
        a_report("honest", (0, 20), long_ago, speed=2.0),
    ]
    answer = await em.post(f"/sessions/{held.session_id}/evidence", {"reports": reports})
    assert answer["accepted"] == ["honest"]
    refused = {each["id"]: each["code"] for each in answer["refused"]}
    assert refused == {
        "forged": "report_more_than_wall_time",
        "too-fast": "report_too_fast",
        "future": "report_in_the_future",
    }
    assert all(each["message_vi"] and each["message_en"] for each in answer["refused"])
    assert answer["coverage"]["replay"] == [[0, 20]]


async def test_two_replays_at_the_same_wall_time_do_not_both_count(lms: Lms) -> None:
    held = await a_class(lms, "em")
    (em,) = held.trainees
    await hold(lms, held, 120, {})
    lms.pass_time(300)
    at = lms.now - timedelta(seconds=100)
    first = [a_report("one", (0, 30), at)]
    await em.post(f"/sessions/{held.session_id}/evidence", {"reports": first})
    second = [a_report("two", (60, 90), at + timedelta(seconds=5))]
    answer = await em.post(f"/sessions/{held.session_id}/evidence", {"reports": second})
    assert [each["code"] for each in answer["refused"]] == ["report_overlaps_in_time"]


async def test_a_report_id_cannot_be_used_for_another_piece(lms: Lms) -> None:
    held = await a_class(lms, "em")
    (em,) = held.trainees
    await hold(lms, held, 120, {})
    lms.pass_time(300)
    path = f"/sessions/{held.session_id}/evidence"
    await em.post(path, {"reports": [a_report("r", (0, 30), lms.now - timedelta(seconds=200))]})
    other = {"reports": [a_report("r", (30, 60), lms.now - timedelta(seconds=100))]}
    assert (await em.post(path, other))["refused"][0]["code"] == "report_id_reused"


async def test_evidence_before_the_session_began_is_a_conflict(lms: Lms) -> None:
    held = await a_class(lms, "em")
    (em,) = held.trainees
    answer = await em.ask("POST", f"/sessions/{held.session_id}/evidence", json={"reports": []})
    assert (answer.status, answer.code) == (409, "session_not_begun")


async def test_a_foreign_session_does_not_exist_for_a_stranger(lms: Lms) -> None:
    held = await a_class(lms, "em")
    await lms.unit("khac", "so")
    stranger = await lms.person("khach", "khac")
    for method, path in (
        ("GET", ""),
        ("GET", "/coverage/me"),
        ("POST", "/join"),
        ("POST", "/end"),
        ("GET", "/attendance"),
        ("GET", "/replay"),
    ):
        answer = await stranger.ask(method, f"/sessions/{held.session_id}{path}")
        assert (answer.status, answer.code) == (404, "session_not_found"), path


async def test_two_devices_at_once_count_once(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    (cuc,) = held.trainees
    zero = await hold(lms, held, 60, {cuc.person_id: [(0, 40), (20, 60), (0, 60)]})
    assert zero == START
    mine = await cuc.get(f"/sessions/{held.session_id}/coverage/me")
    assert mine["live"] == [[0, 60]]
    assert mine["coverage_percent"] == 100


async def test_the_clock_starts_with_the_first_room_and_stays(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    (cuc,) = held.trainees
    await lms.hook("room_started", {"room": a_room(held.session_id, lms.now)})
    lms.pass_time(100)
    await lms.hook("room_started", {"room": a_room(held.session_id, lms.now, "RM_second")})
    view = await cuc.get(f"/sessions/{held.session_id}")
    assert view["zero_at"] == "2026-09-01T07:00:00Z"
    assert view["state"] == "live"
    assert view["duration_s"] == 100


async def test_required_minutes_are_cut_to_what_was_held(lms: Lms) -> None:
    held = await a_class(lms, "cuc", required_from_minutes=1, required_minutes=10)
    (cuc,) = held.trainees
    await hold(lms, held, 180, {cuc.person_id: [(60, 120)]})
    mine = await cuc.get(f"/sessions/{held.session_id}/coverage/me")
    assert mine["required"] == [[60, 180]]
    assert mine["coverage_percent"] == 50


async def test_the_host_sees_absentees_and_who_receives_nothing(lms: Lms) -> None:
    held = await a_class(lms, "cuc", "dung", "em")
    cuc, dung, em = held.trainees
    room = a_room(held.session_id, lms.now)
    await lms.hook("room_started", {"room": room})
    for person in (cuc, dung):
        participant = {"sid": f"PA_{person.person_id}", "identity": person.person_id}
        await lms.hook("participant_joined", {"room": room, "participant": participant})
    lms.pass_time(30)
    await lms.present(held.session_id, cuc.person_id, (0, 28), zero=START)
    await lms.present(held.session_id, dung.person_id, (0, 5), zero=START)
    table = await held.host.get(f"/sessions/{held.session_id}/attendance")
    seen = {row["person"]["login"]: (row["is_connected"], row["is_receiving"]) for row in table["rows"]}
    assert seen == {"cuc": (True, True), "dung": (True, False), "em": (False, False)}
    refused = await cuc.ask("GET", f"/sessions/{held.session_id}/attendance")
    assert (refused.status, refused.code) == (403, "not_host")
    rooms = await held.admin.get("/live")
    assert rooms["items"][0]["connected_count"] == 2
    assert rooms["items"][0]["receiving_count"] == 1
    assert rooms["items"][0]["enrolled_count"] == 3


async def test_two_people_of_one_name_get_separate_credit(lms: Lms) -> None:
    held = await a_class(lms)
    hoa1 = await lms.person("hoa1", "truong", name="Nguyễn Thị Hoa")
    hoa2 = await lms.person("hoa2", "truong", name="Nguyễn Thị Hoa")
    people = {"person_ids": [hoa1.person_id, hoa2.person_id]}
    await held.admin.post(f"/courses/{held.course_id}/enrolments", people)
    await hold(lms, held, 100, {hoa1.person_id: [(0, 40)]})
    table = await held.admin.get(f"/courses/{held.course_id}/completion")
    percents = {row["person"]["login"]: row["coverage_percent"] for row in table["rows"]}
    assert percents == {"hoa1": 40, "hoa2": 0}
    assert [row["is_complete"] for row in table["rows"]] == [False, False]


async def test_the_attendance_file_opens_in_a_spreadsheet(lms: Lms) -> None:
    held = await a_class(lms)
    sly = await lms.person("sly", "truong", name="=HYPERLINK(1)")
    await held.admin.post(f"/courses/{held.course_id}/enrolments", {"person_ids": [sly.person_id]})
    await hold(lms, held, 60, {sly.person_id: [(0, 30)]})
    answer = await held.host.ask("GET", f"/sessions/{held.session_id}/attendance.csv")
    text = answer.body.decode("utf-8-sig")
    assert answer.body.startswith(b"\xef\xbb\xbf")
    assert "Tài khoản;Họ và tên" in text
    assert "sly;'=HYPERLINK(1);" in text
    assert ";30.0;0.0;30.0;50.0" in text


async def test_a_new_rule_is_a_new_version_and_decides_anew(lms: Lms) -> None:
    held = await a_class(lms, "cuc", coverage_percent=80)
    (cuc,) = held.trainees
    await hold(lms, held, 100, {cuc.person_id: [(0, 60)]})
    assert (await cuc.get(f"/courses/{held.course_id}/completion/me"))["is_complete"] is False
    course = await held.admin.post(f"/courses/{held.course_id}/rule", {"coverage_percent": 60})
    assert course["rule"]["version"] == 2
    again = await held.admin.post(f"/courses/{held.course_id}/rule", {"coverage_percent": 60})
    assert again["rule"]["version"] == 2
    mine = await cuc.get(f"/courses/{held.course_id}/completion/me")
    assert (mine["is_complete"], mine["rule_version"]) == (True, 2)


async def test_a_session_still_to_come_counts_with_its_planned_length(lms: Lms) -> None:
    held = await a_class(lms, "cuc")
    (cuc,) = held.trainees
    later = {
        "title": "Buổi 2",
        "starts_at": "2026-09-08T07:00:00Z",
        "ends_at": "2026-09-08T07:01:40Z",
        "host_id": held.host.person_id,
    }
    await held.admin.post(f"/courses/{held.course_id}/sessions", later)
    await hold(lms, held, 100, {cuc.person_id: [(0, 100)]})
    assert (await cuc.get(f"/courses/{held.course_id}/completion/me"))["coverage_percent"] == 50
    lms.pass_time(8 * 24 * 3600)
    # it was never held, so it asks nothing of anybody
    assert (await cuc.get(f"/courses/{held.course_id}/completion/me"))["coverage_percent"] == 100


async def test_nobody_must_have_waited_in_a_room_that_opened_early(lms: Lms) -> None:
    starts = START + timedelta(minutes=10)
    held = await a_class(lms, "cuc", starts_at=iso(starts), ends_at=iso(starts + timedelta(hours=1)))
    cuc = held.trainees[0]
    await hold(lms, held, 1200, {cuc.person_id: [(600, 1200)]})
    mine = await cuc.get(f"/sessions/{held.session_id}/coverage/me")
    assert (mine["required"], mine["coverage_percent"]) == ([[600, 1200]], 100)
    assert (await cuc.get(f"/courses/{held.course_id}/completion/me"))["coverage_percent"] == 100
