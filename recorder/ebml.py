"""WebM as Media Source takes it: a header with one VP8 track, then clusters. Pure.

Invariant: a cluster's timestamp is absolute session milliseconds, and every block states its duration, so any
clusters fall into place by themselves and a cluster ends where it says, not where a player guesses.
"""

import struct
from collections.abc import Iterable

from recorder.boxes import Sample
from recorder.media import VideoConfig

UNKNOWN_SIZE = b"\x01\xff\xff\xff\xff\xff\xff\xff"
# Block times are signed 16-bit milliseconds from their cluster's.
_CLUSTER_MS = 30_000


def element(name: int, data: bytes) -> bytes:
    return _name(name) + struct.pack(">Q", 1 << 56 | len(data)) + data


def number(name: int, value: int) -> bytes:
    return element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _name(name: int) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8, "big")


def video_init(config: VideoConfig) -> bytes:
    """EBML header, then a segment of unknown size with its info and the one track."""
    head = element(
        0x1A45DFA3,
        number(0x4286, 1)
        + number(0x42F7, 1)
        + number(0x42F2, 4)
        + number(0x42F3, 8)
        + element(0x4282, b"webm")
        + number(0x4287, 4)
        + number(0x4285, 2),
    )
    info = element(0x1549A966, number(0x2AD7B1, 1_000_000) + element(0x4D80, b"lophop") + element(0x5741, b"lophop"))
    video = element(0xE0, number(0xB0, config.width) + number(0xBA, config.height))
    track = element(
        0xAE,
        number(0xD7, 1) + number(0x73C5, 1) + number(0x83, 1) + number(0x9C, 0) + element(0x86, b"V_VP8") + video,
    )
    return head + _name(0x18538067) + UNKNOWN_SIZE + info + element(0x1654AE6B, track)


def clusters(start_ms: int, samples: Iterable[Sample]) -> bytes:
    """The samples, their durations in milliseconds, as one cluster or, past 30 s, several."""
    out: list[bytes] = []
    blocks: list[bytes] = []
    cluster_ms = at_ms = start_ms
    for sample in samples:
        if blocks and at_ms - cluster_ms >= _CLUSTER_MS:
            out.append(element(0x1F43B675, number(0xE7, cluster_ms) + b"".join(blocks)))
            blocks, cluster_ms = [], at_ms
        blocks.append(_block(sample, at_ms - cluster_ms))
        at_ms += sample.duration
    out.append(element(0x1F43B675, number(0xE7, cluster_ms) + b"".join(blocks)))
    return b"".join(out)


def _block(sample: Sample, relative_ms: int) -> bytes:
    data = element(0xA1, b"\x81" + struct.pack(">hB", relative_ms, 0) + sample.data)
    reference = b"" if sample.is_key else element(0xFB, struct.pack(">b", -1))
    return element(0xA0, data + number(0x9B, sample.duration) + reference)
