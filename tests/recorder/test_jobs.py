"""One room's job: what a sick disk costs, what is told to the LMS, when a room has work."""

import json
import shutil
from pathlib import Path

import pytest

from recorder.jobs import has_work, list_rooms
from tests.recorder.archives import Archive, a_config, a_job, record
from tests.recorder.test_recording import assert_pictures_tell_time
from tests.support.journal import Script, teacher


def test_a_disk_that_refuses_costs_nothing_once_it_takes_again(tmp_path: Path) -> None:
    whole, data = tmp_path / "whole", tmp_path / "data"
    for folder in (whole, data):
        teacher(12).write(folder)
    expected = record(whole).files()
    room = data / "archive" / "s-one"
    room.mkdir(parents=True)
    # A file where a folder must be: every write into it is an OSError.
    (room / "speaker").write_bytes(b"")
    job = a_job(data)
    refusals = 0
    for _ in range(20):
        try:
            job.advance()
        except OSError:
            refusals += 1
            if refusals == 3:
                (room / "speaker").unlink()

    assert refusals == 3 and job.is_finished
    assert Archive(room).files() == expected


def told(data: Path) -> list[tuple[str, str, str]]:
    out = []
    for path in sorted((data / "recorder" / "outbox" / "s-one").glob("*.json")):
        event = json.loads(path.read_bytes())
        out.append((event["event"], event["egressInfo"]["status"], event["egressInfo"]["egressId"]))
    return out


def test_each_opening_and_each_end_is_told_once(tmp_path: Path) -> None:
    teacher(4).write(tmp_path)
    record(tmp_path)
    record(tmp_path)
    (started, first), (ended, second) = [(event, egress) for event, _, egress in told(tmp_path)]
    assert (started, ended) == ("egress_started", "egress_ended") and first == second

    again = Script().open(10)
    again.join(10, "ana")
    again.track(10, 1, "ana", "camera", "h264")
    again.film(1, 10, 12)
    again.close(12).write(tmp_path, run_at_s=10)
    record(tmp_path)

    events = told(tmp_path)
    assert [event for event, _, _ in events] == ["egress_started", "egress_ended"] * 2
    assert events[2][2] == events[3][2] != first


def test_a_failed_recording_is_told_as_failed(tmp_path: Path) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.close(3).write(tmp_path)
    record(tmp_path)

    assert [(event, status) for event, status, _ in told(tmp_path)] == [
        ("egress_started", "EGRESS_ACTIVE"),
        ("egress_ended", "EGRESS_FAILED"),
    ]


def test_a_finished_room_has_no_work_until_another_run_comes(tmp_path: Path) -> None:
    config = a_config(tmp_path)
    assert not has_work(config, "s-one") and list_rooms(config.journal_dir) == {}
    teacher(3).write(tmp_path)
    assert has_work(config, "s-one") and list(list_rooms(config.journal_dir)) == ["s-one"]
    record(tmp_path)
    assert not has_work(config, "s-one")

    Script().open(10).close(11).write(tmp_path, run_at_s=10)

    assert has_work(config, "s-one")


def test_an_archive_is_made_again_from_a_copied_journal(tmp_path: Path) -> None:
    teacher(6).write(tmp_path / "one")
    expected = record(tmp_path / "one").files()
    shutil.copytree(tmp_path / "one" / "journal", tmp_path / "two" / "journal")

    assert record(tmp_path / "two").files() == expected


@pytest.mark.parametrize("lost", ["archive", "recorder"])
def test_what_is_lost_beside_the_journal_is_made_again(tmp_path: Path, lost: str) -> None:
    teacher(4).write(tmp_path)
    expected = record(tmp_path).files()
    shutil.rmtree(tmp_path / lost)
    shutil.rmtree(tmp_path / "recorder", ignore_errors=True)

    archive = record(tmp_path)

    assert archive.files() == expected
    assert_pictures_tell_time(archive.pictures("camera-1"), 40)
