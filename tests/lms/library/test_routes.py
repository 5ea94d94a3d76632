"""The library and replay files over HTTP."""

import pytest

from lms.actor import Role
from tests.lms.library.test_archives import manifest
from tests.support.lms import Class, Lms, a_class, hold


async def a_recorded_class(lms: Lms) -> Class:
    """Held for a minute, with an archive on disk that the recorder has announced."""
    held = await a_class(lms, "em")
    await hold(lms, held, 60, {})
    folder = lms.data / "archive" / f"s-{held.session_id}"
    (folder / "audio").mkdir(parents=True)
    (folder / "archive.json").write_text(manifest(state="ready", duration_s=60.0))
    (folder / "audio" / "00000.m4s").write_bytes(bytes(range(100)))
    (lms.data / "secret.json").write_text("{}")
    parts = {"egressInfo": {"roomName": f"s-{held.session_id}", "egressId": "EG_1"}}
    assert await lms.hook("egress_ended", parts) == 200
    assert await lms.hook("egress_updated", parts) == 200
    return held


async def test_a_replay_becomes_one_item_that_is_found_without_diacritics(lms: Lms) -> None:
    held = await a_recorded_class(lms)
    em = held.trainees[0]
    found = await em.get("/library?query=ung dung buoi")
    assert [item["session_id"] for item in found["items"]] == [held.session_id]
    item = found["items"][0]
    assert (item["state"], item["duration_s"]) == ("ready", 60)
    assert item["thumbnail_url"] == f"/api/v1/replays/{held.session_id}/thumbs/0.jpg"
    assert (await em.get(f"/library/{item['id']}"))["title"] == item["title"]
    assert (await em.get("/library?query=toan"))["items"] == []


async def test_strangers_neither_find_nor_open_it(lms: Lms) -> None:
    held = await a_recorded_class(lms)
    item = (await held.admin.get("/library"))["items"][0]
    await lms.unit("khac", "so")
    stranger = await lms.person("la", "khac", Role.OFFICIAL)
    assert (await stranger.get("/library"))["items"] == []
    assert (await stranger.ask("GET", f"/library/{item['id']}")).code == "item_not_found"
    assert (await stranger.ask("GET", f"/sessions/{held.session_id}/replay")).status == 404
    assert (await stranger.ask("GET", f"/replays/{held.session_id}/audio/00000.m4s")).status == 404
    assert (await lms.stranger.ask("GET", f"/replays/{held.session_id}/audio/00000.m4s")).status == 401


async def test_the_replay_tells_its_state_manifest_and_ones_coverage(lms: Lms) -> None:
    held = await a_recorded_class(lms)
    replay = await held.trainees[0].get(f"/sessions/{held.session_id}/replay")
    assert replay["state"] == "ready"
    assert replay["base_url"] == f"/api/v1/replays/{held.session_id}/"
    assert replay["manifest"]["renditions"][0]["playlist"] == "audio/index.m3u8"
    assert replay["coverage"]["missing"] == [[0, 60]]
    assert (await held.trainees[0].get(f"/sessions/{held.session_id}"))["replay"] == "ready"


async def test_files_come_whole_in_ranges_and_not_twice(lms: Lms) -> None:
    held = await a_recorded_class(lms)
    em, path = held.trainees[0], f"/replays/{held.session_id}/audio/00000.m4s"
    whole = await em.ask("GET", path)
    assert (whole.status, whole.body) == (200, bytes(range(100)))
    assert whole.headers["Content-Type"] == "video/iso.segment"
    assert whole.headers["Cache-Control"] == "private, no-cache"
    part = await em.ask("GET", path, headers={"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, bytes(range(10, 20)))
    assert part.headers["Content-Range"] == "bytes 10-19/100"
    assert (await em.ask("GET", path, headers={"If-None-Match": whole.headers["ETag"]})).status == 304
    assert (await em.ask("GET", path, headers={"Range": "bytes=500-"})).status == 416


@pytest.mark.parametrize(
    "path", ["..%2f..%2fsecret.json", "%2e%2e/%2e%2e/secret.json", "audio/..%2F..%2F..%2Fsecret.json"]
)
async def test_no_path_leads_out_of_the_archive(lms: Lms, path: str) -> None:
    held = await a_recorded_class(lms)
    answer = await held.trainees[0].ask("GET", f"/replays/{held.session_id}/{path}")
    assert answer.status == 404


async def test_rights_that_end_end_the_replay_too(lms: Lms) -> None:
    held = await a_recorded_class(lms)
    em = held.trainees[0]
    await held.admin.delete(f"/courses/{held.course_id}/enrolments/{em.person_id}")
    assert (await em.ask("GET", f"/replays/{held.session_id}/audio/00000.m4s")).status == 404


async def test_a_session_without_recording_has_no_replay(lms: Lms) -> None:
    held = await a_class(lms, "em", is_recorded=False)
    answer = await held.trainees[0].ask("GET", f"/sessions/{held.session_id}/replay")
    assert (answer.status, answer.code) == (404, "replay_not_found")
