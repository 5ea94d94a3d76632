"""Fragmented MP4 (ISO 14496-12) as Media Source takes it: an init segment, then moof + mdat pairs. Pure.

Invariant: tfdt is the absolute session time of the first sample, so any fragments fall into place by themselves.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from recorder.media import VideoConfig

VIDEO_TIMESCALE = 90_000
AUDIO_TIMESCALE = 48_000
_KEY_FLAGS = 0x02000000
_DELTA_FLAGS = 0x01010000
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded picture or sound packet; duration in ticks of its timescale."""

    data: bytes
    duration: int
    is_key: bool = True


def box(name: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, parts)), name) + b"".join(parts)


def full_box(name: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def video_init(config: VideoConfig) -> bytes:
    """ftyp + moov for one H.264 track."""
    sps, pps = config.sps, config.pps
    record = bytes((1, sps[0][1], sps[0][2], sps[0][3], 0xFF, 0xE0 | len(sps)))
    record += b"".join(struct.pack(">H", len(unit)) + unit for unit in sps)
    record += bytes((len(pps),)) + b"".join(struct.pack(">H", len(unit)) + unit for unit in pps)
    entry = box(
        b"avc1",
        struct.pack(">6xH16xHHII4xH32xHh", 1, config.width, config.height, 0x480000, 0x480000, 1, 24, -1),
        box(b"avcC", record),
    )
    head = full_box(b"vmhd", 0, 1, bytes(8))
    return _init(b"vide", VIDEO_TIMESCALE, head, entry, size=(config.width, config.height))


def audio_init() -> bytes:
    """ftyp + moov for one mono Opus track at 48 kHz. No pre-skip: the mixer has already taken it off."""
    entry = box(
        b"Opus",
        struct.pack(">6xH8xHH4xI", 1, 1, 16, AUDIO_TIMESCALE << 16),
        box(b"dOps", struct.pack(">BBHIhB", 0, 1, 0, AUDIO_TIMESCALE, 0, 0)),
    )
    return _init(b"soun", AUDIO_TIMESCALE, full_box(b"smhd", 0, 0, bytes(4)), entry, size=(0, 0))


def _init(handler: bytes, timescale: int, head: bytes, entry: bytes, *, size: tuple[int, int]) -> bytes:
    empty = (full_box(name, 0, 0, bytes(4)) for name in (b"stts", b"stsc", b"stco"))
    table = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        *empty,
        full_box(b"stsz", 0, 0, bytes(8)),
    )
    data = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    media = box(
        b"mdia",
        full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, 0x55C4, 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, handler), b"lophop\0"),
        box(b"minf", head, data, table),
    )
    volume = 0x0100 if handler == b"soun" else 0
    track = full_box(
        b"tkhd",
        0,
        3,
        struct.pack(">IIIII8xHHHH", 0, 0, 1, 0, 0, 0, 0, volume, 0),
        _MATRIX,
        struct.pack(">II", size[0] << 16, size[1] << 16),
    )
    movie = full_box(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x0100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", 2),
    )
    extends = box(b"mvex", full_box(b"trex", 0, 0, struct.pack(">5I", 1, 1, 0, 0, 0)))
    brand = box(b"ftyp", b"iso5", struct.pack(">I", 512), b"iso5iso6mp41")
    return brand + box(b"moov", movie, box(b"trak", track, media), extends)


def fragment(number: int, start: int, samples: Iterable[Sample]) -> bytes:
    """One moof + mdat: `number` from 1 on, `start` in ticks on the session clock."""
    samples = tuple(samples)
    rows = b"".join(
        struct.pack(">III", s.duration, len(s.data), _KEY_FLAGS if s.is_key else _DELTA_FLAGS) for s in samples
    )
    header = full_box(b"tfhd", 0, 0x020000, struct.pack(">I", 1))
    time = full_box(b"tfdt", 1, 0, struct.pack(">Q", start))
    sequence = full_box(b"mfhd", 0, 0, struct.pack(">I", number))

    def movie_fragment(offset: int) -> bytes:
        run = full_box(b"trun", 0, 0x000701, struct.pack(">II", len(samples), offset), rows)
        return box(b"moof", sequence, box(b"traf", header, time, run))

    size = len(movie_fragment(0))
    return movie_fragment(size + 8) + box(b"mdat", *(s.data for s in samples))
