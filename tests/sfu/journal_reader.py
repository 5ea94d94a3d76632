"""An independent reader of docs/journal.md for tests: written from the document, sharing nothing with the writer."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENT, RTP, SENDER_REPORT = 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    type: int
    arrival_ns: int
    track: int
    payload: bytes

    @property
    def event(self) -> dict[str, Any]:
        assert self.type == EVENT
        return dict(json.loads(self.payload))


def crc32c(data: bytes) -> int:
    """Bit by bit, from the definition (reflected polynomial 0x82F63B78)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def frames_of_piece(piece: bytes, run_ms: int, *, check: bool = True) -> tuple[list[Frame], int]:
    """Whole frames, and the bytes left over behind the last one."""
    assert piece[:16] == b"LOPHOPJ1" + struct.pack("<Q", run_ms)
    frames, at = [], 16
    while at + 8 <= len(piece):
        length, crc = struct.unpack_from("<II", piece, at)
        body = piece[at + 8 : at + 8 + length]
        if length < 13 or len(body) < length:
            break
        assert not check or crc32c(body) == crc
        kind, arrival_ns, track = struct.unpack_from("<BQI", body)
        frames.append(Frame(type=kind, arrival_ns=arrival_ns, track=track, payload=body[13:]))
        at += 8 + length
    return frames, len(piece) - at


def read_run(folder: Path, *, check: bool = True) -> list[Frame]:
    """Every whole frame of a run, in order; only the last piece may be torn."""
    frames: list[Frame] = []
    pieces = sorted(folder.glob("*.jnl"))
    assert [piece.name for piece in pieces] == [f"{number:06}.jnl" for number in range(len(pieces))]
    for piece in pieces:
        found, rest = frames_of_piece(piece.read_bytes(), int(folder.name), check=check)
        assert rest == 0 or piece == pieces[-1]
        frames += found
    return frames
