"""The journal on disk, read back: pieces of CRC-framed records (docs/journal.md).

Invariant: the records that come out are those whose frames are whole, in file order, whatever else the bytes hold.
A torn tail of a living writer is waited for; a damaged stretch is skipped to the next whole frame and reported.
"""

import re
import struct
from dataclasses import dataclass
from enum import IntEnum

import google_crc32c

MAGIC = b"LOPHOPJ1"
HEADER = struct.Struct("<8sQ")
FRAME = struct.Struct("<II")
BODY = struct.Struct("<BQI")
REPORT = struct.Struct("<IQI")
MAX_BODY = 1 << 20

# A frame that could be real: length below 1 MiB, known record type, an arrival between the years 2017 and 2065.
_CANDIDATE = re.compile(rb"(?s)(?=..[\x00-\x0f]\x00....[\x01-\x03].......[\x15-\x29])")


class RecordType(IntEnum):
    EVENT = 1
    RTP = 2
    REPORT = 3


@dataclass(frozen=True, slots=True)
class Record:
    """One journal record; `end` is the offset in its piece just past it."""

    type: int
    arrival_ns: int
    track: int
    payload: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of bytes that held no whole frame."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a buffer found, in file order, and where the next pass begins."""

    items: tuple[Record | Damage, ...]
    consumed: int


def frame_at(data: bytes | memoryview, offset: int, origin: int = 0) -> Record | None:
    """The whole frame at `offset`, or None: torn, empty or damaged. `origin` is the file offset of data[0]."""
    if offset + FRAME.size + BODY.size > len(data):
        return None
    length, crc = FRAME.unpack_from(data, offset)
    start = offset + FRAME.size
    if not BODY.size <= length <= MAX_BODY or start + length > len(data):
        return None
    body = bytes(data[start : start + length])
    if google_crc32c.value(body) != crc:
        return None
    kind, arrival_ns, track = BODY.unpack_from(body)
    return Record(kind, arrival_ns, track, body[BODY.size :], origin + start + length)


def next_frame(data: bytes, offset: int) -> int | None:
    """Where the first whole frame at or after `offset` begins."""
    for match in _CANDIDATE.finditer(data, offset):
        if frame_at(data, match.start()) is not None:
            return match.start()
    return None


def scan(data: bytes, *, origin: int, is_final: bool, limit: int = 1 << 30) -> Scan:
    """Reads records from `data`, the bytes of a piece from file offset `origin` on; at most `limit` records.

    `is_final` says that the piece will not grow: then what is left at the end is damage unless it is zeros
    (an unused preallocated tail). Otherwise a tail without a whole frame behind it is left for later.
    """
    items: list[Record | Damage] = []
    offset = 0
    view = memoryview(data)
    while offset < len(data) and len(items) < limit:
        record = frame_at(view, offset, origin)
        if record is not None:
            items.append(record)
            offset = record.end - origin
            continue
        found = next_frame(data, offset + 1)
        if found is None:
            if is_final:
                if data.count(0, offset) != len(data) - offset:
                    items.append(Damage(origin + offset, origin + len(data)))
                offset = len(data)
            break
        items.append(Damage(origin + offset, origin + found))
        offset = found
    return Scan(tuple(items), offset)


def read_header(data: bytes) -> int | None:
    """The run's opening in unix ms as its first piece states it, or None when these are not our 16 bytes."""
    if len(data) < HEADER.size:
        return None
    magic, run_ms = HEADER.unpack_from(data)
    return int(run_ms) if magic == MAGIC else None


def read_report(payload: bytes) -> tuple[int, float, int] | None:
    """A sender report as (ssrc, sender's NTP time in seconds, RTP timestamp)."""
    if len(payload) != REPORT.size:
        return None
    ssrc, ntp, timestamp = REPORT.unpack(payload)
    return ssrc, ntp / 2**32, timestamp
