"""RTP packets as the journal holds them (RFC 3550 section 5.1): header parsed, padding and extensions cut off."""

import struct
from dataclasses import dataclass

_HEADER = struct.Struct(">BBHII")


@dataclass(frozen=True, slots=True)
class RtpPacket:
    payload_type: int
    has_marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse_rtp(data: bytes) -> RtpPacket | None:
    """The packet, or None when the bytes are no RTP version 2 packet."""
    if len(data) < _HEADER.size:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != 2:
        return None
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data)
    if first & 0x20 and end > start:
        end -= data[-1]
    if start > end:
        return None
    return RtpPacket(second & 0x7F, second >= 0x80, sequence, timestamp, ssrc, data[start:end])


def unwrap(value: int, reference: int, bits: int) -> int:
    """`value`, counted modulo 2**bits, as the integer nearest to `reference`."""
    span = 1 << bits
    delta = (value - reference) & (span - 1)
    return reference + (delta - span if delta >= span >> 1 else delta)
