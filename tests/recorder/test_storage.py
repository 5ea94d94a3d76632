"""Files and checkpoints: whole or not at all, the same bytes left alone, foreign content refused."""

import hashlib
import pickle
from pathlib import Path

from recorder.checkpoint import VERSION, Checkpoint, load_checkpoint, save_checkpoint
from recorder.room import RoomRecording, RunBegan
from recorder.runs import Position
from recorder.storage import write_file
from tests.support.journal import ZERO_MS


def test_a_file_is_replaced_whole_and_nothing_is_left_beside(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.bin"
    write_file(path, b"one")
    write_file(path, b"two!")

    assert path.read_bytes() == b"two!"
    assert [p.name for p in path.parent.iterdir()] == ["b.bin"]


def test_the_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "b.bin"
    write_file(path, b"one")
    before = path.stat().st_ino

    write_file(path, b"one")

    assert path.stat().st_ino == before


def a_checkpoint() -> Checkpoint:
    recording = RoomRecording()
    recording.process(RunBegan(f"{ZERO_MS:013d}"))
    return Checkpoint(recording, Position(f"{ZERO_MS:013d}", "000002.jnl", 77))


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    save_checkpoint(path, a_checkpoint())

    found = load_checkpoint(path)

    assert found is not None
    assert found.position == Position(f"{ZERO_MS:013d}", "000002.jnl", 77)
    assert found.recording.contents.zero_ms == found.recording.clock.zero_ms == ZERO_MS


def test_an_absent_cut_or_altered_checkpoint_is_none(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    assert load_checkpoint(path) is None
    save_checkpoint(path, a_checkpoint())
    good = path.read_bytes()
    for bad in (b"", good[:-1], good[:50], b"LOPHOPC0\n" + good[9:], good[:60] + b"?" + good[61:]):
        path.write_bytes(bad)
        assert load_checkpoint(path) is None


def test_a_checkpoint_that_names_anything_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    body = pickle.dumps(Path("/x"))
    path.write_bytes(b"LOPHOPC%d\n" % VERSION + hashlib.sha256(body).digest() + body)

    assert load_checkpoint(path) is None
