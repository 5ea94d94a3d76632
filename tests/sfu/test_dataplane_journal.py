"""The journal writer of the data plane, judged by files on disk and an independent reader."""

import fcntl
import json
import os
import resource
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfu._dataplane import Dataplane, DataplaneError
from tests.sfu.journal_reader import EVENT, Frame, read_run
from tests.sfu.raw_peer import THREADS

RUN = "1790000000000"


def wait_for_frames(folder: Path, count: int, *, within_s: float = 10) -> list[Frame]:
    """Reads the run until it holds `count` frames."""
    deadline = time.monotonic() + within_s
    while len(frames := read_run(folder)) < count:
        assert time.monotonic() < deadline, f"{len(frames)} of {count} frames"
        time.sleep(0.01)
    return frames


def wait_for_event(dataplane: Dataplane, kind: str, *, within_s: float = 10) -> bytes:
    """The data of the first event of that kind."""
    with selectors.DefaultSelector() as selector:
        selector.register(dataplane.event_fd(), selectors.EVENT_READ)
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            selector.select(deadline - time.monotonic())
            for event in dataplane.drain_events():
                if event.kind == kind:
                    return event.data
    raise AssertionError(f"no {kind}")


def is_locked(folder: Path) -> bool:
    with (folder / "writer.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_events_are_written_in_order_with_their_time(dataplane: Dataplane, tmp_path: Path) -> None:
    folder = tmp_path / "room" / RUN
    before = time.time_ns()
    journal = dataplane.open_journal(str(folder))
    for number in range(100):
        dataplane.append_event(journal, json.dumps({"event": "chat", "text": f"tiếng Việt {number}"}).encode())
    frames = wait_for_frames(folder, 100)
    assert [frame.event["text"] for frame in frames] == [f"tiếng Việt {number}" for number in range(100)]
    assert all(frame.type == EVENT and frame.track == 0 for frame in frames)
    times = [frame.arrival_ns for frame in frames]
    assert before - 1_000_000 <= times[0] and times[-1] <= time.time_ns() + 1_000_000


def test_a_closed_journal_holds_everything_and_its_lock_is_free(dataplane: Dataplane, tmp_path: Path) -> None:
    folder = tmp_path / RUN
    journal = dataplane.open_journal(str(folder))
    assert is_locked(folder)
    dataplane.append_event(journal, b'{"event":"closed","reason":"ended"}')
    dataplane.close_journal(journal)
    dataplane.close_journal(journal)
    with pytest.raises(DataplaneError) as refusal:
        dataplane.append_event(journal, b"{}")
    assert refusal.value.args[0] == "unknown_journal"
    deadline = time.monotonic() + 10
    while is_locked(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_locked(folder)
    assert [frame.event["event"] for frame in read_run(folder)] == ["closed"]


def test_closing_the_data_plane_finishes_its_journals(tmp_path: Path) -> None:
    dataplane = Dataplane(bind="127.0.0.1:0", threads=THREADS)
    folder = tmp_path / RUN
    journal = dataplane.open_journal(str(folder))
    dataplane.append_event(journal, b"{}")
    dataplane.close()
    assert len(read_run(folder)) == 1
    assert not is_locked(folder)


def test_a_second_writer_is_refused(dataplane: Dataplane, tmp_path: Path) -> None:
    folder = tmp_path / RUN
    dataplane.open_journal(str(folder))
    with pytest.raises(DataplaneError) as refusal:
        dataplane.open_journal(str(folder))
    assert refusal.value.args[0] == "journal_locked"


@pytest.mark.parametrize("name", ["run", "179000000000", "17900000000000", "-790000000000"])
def test_a_folder_that_is_no_run_is_refused(dataplane: Dataplane, tmp_path: Path, name: str) -> None:
    with pytest.raises(DataplaneError) as refusal:
        dataplane.open_journal(str(tmp_path / name))
    assert refusal.value.args[0] == "bad_argument"
    assert not (tmp_path / name).exists()


def test_a_folder_that_cannot_be_made_is_refused(dataplane: Dataplane, tmp_path: Path) -> None:
    (tmp_path / "room").write_text("in the way")
    with pytest.raises(DataplaneError) as refusal:
        dataplane.open_journal(str(tmp_path / "room" / RUN))
    assert refusal.value.args[0] == "journal_unwritable"


def test_a_new_piece_begins_past_16_mib(dataplane: Dataplane, tmp_path: Path) -> None:
    folder = tmp_path / RUN
    journal = dataplane.open_journal(str(folder))
    text = "x" * 1_000_000
    for number in range(40):
        dataplane.append_event(journal, json.dumps({"number": number, "text": text}).encode())
    dataplane.close()
    frames = read_run(folder, check=False)
    assert [frame.event["number"] for frame in frames] == list(range(40))
    sizes = [piece.stat().st_size for piece in sorted(folder.glob("*.jnl"))]
    assert len(sizes) == 3
    assert all(16 * 2**20 <= size < 18 * 2**20 for size in sizes[:-1])


def test_two_journals_do_not_mix(dataplane: Dataplane, tmp_path: Path) -> None:
    folders = [tmp_path / room / RUN for room in ("a", "b")]
    journals = [dataplane.open_journal(str(folder)) for folder in folders]
    for number in range(20):
        dataplane.append_event(journals[number % 2], json.dumps({"number": number}).encode())
    for index, folder in enumerate(folders):
        frames = wait_for_frames(folder, 10)
        assert [frame.event["number"] for frame in frames] == list(range(index, 20, 2))


KILLED = """
import sys, time
from sfu._dataplane import Dataplane
dataplane = Dataplane(bind="127.0.0.1:0")
journal = dataplane.open_journal(sys.argv[1])
while True:
    dataplane.append_event(journal, b'{"at_ns":%d}' % time.time_ns())
    print(flush=True)
    time.sleep(0.001)
"""


def test_a_killed_writer_loses_less_than_a_second(tmp_path: Path) -> None:
    folder = tmp_path / RUN
    writer = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    for _ in range(700):
        assert writer.stdout.readline()
    killed_ns = time.time_ns()
    writer.kill()
    writer.wait()
    writer.stdout.close()
    last_ns = read_run(folder)[-1].event["at_ns"]
    assert killed_ns - last_ns < 1e9
    assert not is_locked(folder)


def test_a_later_writer_goes_on_behind_a_dead_one(dataplane: Dataplane, tmp_path: Path) -> None:
    folder = tmp_path / RUN
    first = Dataplane(bind="127.0.0.1:0", threads=THREADS)
    first.append_event(first.open_journal(str(folder)), b'{"writer":1}')
    first.close()
    dataplane.append_event(dataplane.open_journal(str(folder)), b'{"writer":2}')
    assert [frame.event["writer"] for frame in wait_for_frames(folder, 2)] == [1, 2]


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Files of this process end at 64 kB, as on a full disk; the signal that comes with it is ignored by Python."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_nothing_is_lost_when_it_recovers(
    dataplane: Dataplane, tmp_path: Path, small_disk: None
) -> None:
    folder = tmp_path / RUN
    journal = dataplane.open_journal(str(folder))
    for number in range(300):
        dataplane.append_event(journal, json.dumps({"number": number, "text": "x" * 1000}).encode())
    reason = json.loads(wait_for_event(dataplane, "journal_failed"))
    assert reason["reason"].startswith("disk_")
    assert dataplane.journal_stats(journal).queued_bytes > 200_000
    resource.setrlimit(resource.RLIMIT_FSIZE, resource.getrlimit(resource.RLIMIT_FSIZE)[1:] * 2)
    frames = wait_for_frames(folder, 300)
    assert [frame.event["number"] for frame in frames] == list(range(300))


def test_memory_is_bounded_when_the_disk_stands_still(dataplane: Dataplane, tmp_path: Path, small_disk: None) -> None:
    journal = dataplane.open_journal(str(tmp_path / RUN))
    event = b'{"text":"' + b"x" * 2**20 + b'"}'
    taken = 0
    with pytest.raises(DataplaneError) as refusal:
        for _ in range(80):
            dataplane.append_event(journal, event)
            taken += 1
    assert refusal.value.args[0] == "journal_full"
    assert 60 <= taken <= 64


def test_the_stats_count_what_the_kernel_has(dataplane: Dataplane, tmp_path: Path) -> None:
    folder = tmp_path / RUN
    journal = dataplane.open_journal(str(folder))
    dataplane.append_event(journal, b"{}")
    wait_for_frames(folder, 1)
    deadline = time.monotonic() + 10
    while (stats := dataplane.journal_stats(journal)).queued_bytes and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (stats.frames, stats.bytes, stats.packets_lost) == (1, 23, 0)
    assert os.path.getsize(folder / "000000.jnl") == 16 + 23
