"""Runs on disk: pieces in order, growth followed, the living told from the dead."""

import os
from pathlib import Path

from recorder.journal import Record
from recorder.runs import Position, RunReader, is_written_to, list_runs
from tests.support.journal import ZERO_MS, JournalWriter


def a_writer(tmp_path: Path, *, run_ms: int = ZERO_MS, piece_bytes: int = 16 << 20) -> JournalWriter:
    return JournalWriter(tmp_path / "room", run_ms, piece_bytes=piece_bytes)


def a_reader(writer: JournalWriter, offset: int = 0) -> RunReader:
    return RunReader(writer.folder, Position(writer.folder.name, offset=offset))


def payloads(items: list[object]) -> list[bytes]:
    return [item.payload for item in items if isinstance(item, Record)]


def test_a_growing_piece_is_followed(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    reader = a_reader(writer)
    writer.write(2, 1.0, 1, b"one")
    assert payloads(reader.items(is_over=False)) == [b"one"]
    assert reader.items(is_over=False) == []

    writer.write(2, 2.0, 1, b"two")

    assert payloads(reader.items(is_over=False)) == [b"two"]
    writer.close()


def test_pieces_are_read_one_after_the_other(tmp_path: Path) -> None:
    writer = a_writer(tmp_path, piece_bytes=200)
    for n in range(20):
        writer.write(2, n, 1, b"%02d" % n + bytes(60))
    reader = a_reader(writer)
    got: list[bytes] = []
    while items := reader.items(is_over=False):
        got += payloads(items)
    writer.close()

    assert [p[:2] for p in got] == [b"%02d" % n for n in range(20)]
    assert len(list(writer.folder.glob("*.jnl"))) > 3


def test_reading_goes_on_from_a_record_end(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    for n in range(3):
        writer.write(2, n, 1, b"%d" % n)
    writer.close()
    first = a_reader(writer).items(is_over=True)[0]
    assert isinstance(first, Record)

    assert payloads(a_reader(writer, first.end).items(is_over=True)) == [b"1", b"2"]


def test_a_torn_frame_is_read_once_it_is_whole(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    writer.write(2, 0, 1, b"whole")
    piece = writer.folder / "000000.jnl"
    data = piece.read_bytes()
    torn = data[16:]
    writer.write_raw(torn[:10])
    reader = a_reader(writer)
    assert payloads(reader.items(is_over=False)) == [b"whole"]

    writer.write_raw(torn[10:])

    assert payloads(reader.items(is_over=False)) == [b"whole"]
    writer.close()


def test_a_piece_of_noise_does_not_stop_the_next(tmp_path: Path) -> None:
    writer = a_writer(tmp_path, piece_bytes=100)
    writer.write_raw(os.urandom(300))
    writer.write(2, 1.0, 1, b"after")
    reader = a_reader(writer)
    got: list[bytes] = []
    for _ in range(4):
        got += payloads(reader.items(is_over=True))
    writer.close()

    assert got == [b"after"]


def test_a_held_lock_is_a_living_writer(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    assert is_written_to(writer.folder)

    writer.close()

    assert not is_written_to(writer.folder)


def test_runs_are_listed_oldest_first_and_only_when_begun(tmp_path: Path) -> None:
    later = a_writer(tmp_path, run_ms=ZERO_MS + 5000)
    earlier = a_writer(tmp_path)
    (tmp_path / "room" / f"{ZERO_MS + 9000:013d}").mkdir()
    (tmp_path / "room" / "notes").mkdir()

    assert list_runs(tmp_path / "room") == [earlier.folder.name, later.folder.name]
    assert list_runs(tmp_path / "absent") == []
    earlier.close()
    later.close()
