"""Journals made of anything: every byte flipped, every tail cut, records invented. Nothing raises, little is lost."""

import os
import random
import time
from pathlib import Path

import pytest

from recorder.journal import Damage, Record, RecordType, scan
from recorder.room import RoomRecording, RunBegan
from recorder.runs import RunEnded
from tests.support.journal import ZERO_MS, teacher

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FUZZ_S = float(os.environ.get("LOPHOP_FUZZ_S", "30"))
LAST_BYTES = 65_536


@pytest.fixture(scope="module")
def piece(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder: Path = teacher(20).write(tmp_path_factory.mktemp("fuzz"))
    return (folder / "000000.jnl").read_bytes()[16:]


def whole_records(data: bytes) -> list[Record]:
    return [item for item in scan(data, origin=0, is_final=True).items if isinstance(item, Record)]


def windows(piece: bytes) -> list[tuple[bytes, int, int]]:
    """For each frame of the last 64 kB: three frames in a row, and where the middle one begins and ends in them."""
    ends = [0, *(record.end for record in whole_records(piece))]
    out = []
    for before, start, end, after in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        if end >= len(piece) - LAST_BYTES:
            out.append((piece[before:after], start - before, end - before))
    return out


def test_every_byte_of_the_last_64_kb_flipped_costs_its_frame_only(piece: bytes) -> None:
    flips = 0
    for window, start, end in windows(piece):
        mutable = bytearray(window)
        for at in range(start, end):
            mutable[at] ^= 0xA5
            assert len(whole_records(bytes(mutable))) == 2
            mutable[at] ^= 0xA5
            flips += 1
    assert flips > LAST_BYTES - 5000


def test_every_cut_of_the_last_64_kb_keeps_every_whole_frame(piece: bytes) -> None:
    for window, start, end in windows(piece):
        for length in range(start, end):
            for is_final in (False, True):
                items = scan(window[:length], origin=0, is_final=is_final).items
                assert [type(item) for item in items[:1]] == [Record]
                assert all(isinstance(item, Damage) for item in items[1:])


def test_recordings_of_mutated_journals_never_raise(piece: bytes) -> None:
    seed = random.SystemRandom().randrange(1 << 30)
    rng = random.Random(seed)
    good = whole_records(piece)
    deadline = time.monotonic() + FUZZ_S
    while time.monotonic() < deadline:
        recording = RoomRecording()
        recording.process(RunBegan(f"{ZERO_MS:013d}"))
        try:
            for record in mutated(good[: rng.randrange(50, 800)], rng):
                recording.process(record)
            recording.process(RunEnded("x"))
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error


def mutated(records: list[Record], rng: random.Random) -> list[Record | Damage]:
    out: list[Record | Damage] = []
    for record in records:
        match rng.randrange(40):
            case 0:
                continue
            case 1:
                out += [record, record]
            case 2:
                payload = bytearray(record.payload)
                if payload:
                    payload[rng.randrange(len(payload))] = rng.randrange(256)
                out.append(Record(record.type, record.arrival_ns, record.track, bytes(payload), record.end))
            case 3:
                length = rng.randrange(len(record.payload) + 1)
                out.append(Record(record.type, record.arrival_ns, record.track, record.payload[:length], record.end))
            case 4:
                noise = rng.randbytes(rng.randrange(60))
                out.append(Record(rng.choice(list(RecordType)), record.arrival_ns, rng.randrange(4), noise, record.end))
            case 5:
                shifted = record.arrival_ns + round(rng.uniform(-3, 3) * 1e9)
                out.append(Record(record.type, shifted, record.track, record.payload, record.end))
            case 6:
                out.append(Damage(0, 1))
                out.append(record)
            case _:
                out.append(record)
    return out
