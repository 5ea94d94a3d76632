"""STUN, RTP and RTCP as a foreign peer writes and reads them; independent of the data plane's own code."""

import hashlib
import hmac
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MAGIC = 0x2112A442
BINDING_REQUEST, BINDING_SUCCESS = 0x0001, 0x0101
USERNAME, MESSAGE_INTEGRITY, XOR_MAPPED_ADDRESS = 0x0006, 0x0008, 0x0020
PRIORITY, USE_CANDIDATE, FINGERPRINT, ICE_CONTROLLING = 0x0024, 0x0025, 0x8028, 0x802A

SENDER_REPORT, RECEIVER_REPORT, RTPFB, PSFB = 200, 201, 205, 206
NACK, TRANSPORT_CC, PLI = 1, 15, 1


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _stun_header(kind: int, length: int, transaction: bytes) -> bytes:
    return struct.pack("!HHI", kind, length, MAGIC) + transaction


def binding_request(*, username: str, password: str, transaction: bytes) -> bytes:
    """A controlling agent's nominating check (RFC 8445), with integrity and fingerprint."""
    attributes = _attribute(USERNAME, username.encode())
    attributes += _attribute(PRIORITY, struct.pack("!I", 0x7E7F1EFF))
    attributes += _attribute(ICE_CONTROLLING, bytes(8)) + _attribute(USE_CANDIDATE, b"")
    signed = _stun_header(BINDING_REQUEST, len(attributes) + 24, transaction) + attributes
    attributes += _attribute(MESSAGE_INTEGRITY, hmac.new(password.encode(), signed, hashlib.sha1).digest())
    marked = _stun_header(BINDING_REQUEST, len(attributes) + 8, transaction) + attributes
    attributes += _attribute(FINGERPRINT, struct.pack("!I", zlib.crc32(marked) ^ 0x5354554E))
    return _stun_header(BINDING_REQUEST, len(attributes), transaction) + attributes


def mapped_port(response: bytes, *, password: str, transaction: bytes) -> int:
    """Checks a success response whole and returns the port in its XOR-MAPPED-ADDRESS."""
    kind, length, magic = struct.unpack_from("!HHI", response)
    assert (kind, length, magic) == (BINDING_SUCCESS, len(response) - 20, MAGIC)
    assert response[8:20] == transaction
    at, port, is_signed = 20, None, False
    while at < len(response):
        attribute, size = struct.unpack_from("!HH", response, at)
        value = response[at + 4 : at + 4 + size]
        if attribute == XOR_MAPPED_ADDRESS:
            assert value[1] == 1
            port = struct.unpack("!H", value[2:4])[0] ^ MAGIC >> 16
        elif attribute == MESSAGE_INTEGRITY:
            signed = _stun_header(kind, at + 24 - 20, transaction) + response[20:at]
            assert value == hmac.new(password.encode(), signed, hashlib.sha1).digest()
            is_signed = True
        elif attribute == FINGERPRINT:
            assert struct.unpack("!I", value)[0] == zlib.crc32(response[:at]) ^ 0x5354554E
        at += 4 + size + -size % 4
    assert is_signed and port is not None
    return int(port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rtp:
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    extensions: dict[int, bytes] = field(default_factory=dict)

    def pack(self) -> bytes:
        extension = b""
        if self.extensions:
            body = b"".join(bytes([key << 4 | len(value) - 1]) + value for key, value in self.extensions.items())
            body += bytes(-len(body) % 4)
            extension = struct.pack("!HH", 0xBEDE, len(body) // 4) + body
        first = 0x80 | (0x10 if extension else 0)
        head = struct.pack(
            "!BBHII",
            first,
            self.marker << 7 | self.payload_type,
            self.sequence & 0xFFFF,
            self.timestamp & 0xFFFFFFFF,
            self.ssrc,
        )
        return head + extension + self.payload

    @staticmethod
    def parse(packet: bytes) -> "Rtp":
        first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
        assert first >> 6 == 2 and first & 0x0F == 0
        at, extensions = 12, {}
        if first & 0x10:
            profile, words = struct.unpack_from("!HH", packet, 12)
            at = 16 + words * 4
            extensions = dict(_one_byte(packet[16:at])) if profile == 0xBEDE else {}
        end = len(packet) - (packet[-1] if first & 0x20 else 0)
        return Rtp(
            payload_type=second & 0x7F,
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=packet[at:end],
            marker=bool(second & 0x80),
            extensions=extensions,
        )


def _one_byte(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(body):
        if body[at] == 0:
            at += 1
            continue
        key, size = body[at] >> 4, (body[at] & 0x0F) + 1
        yield key, body[at + 1 : at + 1 + size]
        at += 1 + size


@dataclass(frozen=True, slots=True, kw_only=True)
class Rtcp:
    type: int
    count: int
    body: bytes


def parse_rtcp(compound: bytes) -> list[Rtcp]:
    """The packets of a compound; every byte must belong to one."""
    found, at = [], 0
    while at < len(compound):
        first, kind, words = struct.unpack_from("!BBH", compound, at)
        assert first >> 6 == 2
        end = at + 4 + words * 4
        assert end <= len(compound)
        found.append(Rtcp(type=kind, count=first & 0x1F, body=compound[at + 4 : end]))
        at = end
    return found


def rtcp(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def receiver_report(sender: int, media: int, highest: int) -> bytes:
    return rtcp(RECEIVER_REPORT, 1, struct.pack("!IIIIIII", sender, media, 0, highest, 0, 0, 0))


def sender_report(sender: int, ntp: int, timestamp: int) -> bytes:
    return rtcp(SENDER_REPORT, 0, struct.pack("!IQIII", sender, ntp, timestamp, 1, 1))


def nack(sender: int, media: int, sequences: Iterable[int]) -> bytes:
    pairs = b"".join(struct.pack("!HH", sequence & 0xFFFF, 0) for sequence in sequences)
    return rtcp(RTPFB, NACK, struct.pack("!II", sender, media) + pairs)


def pli(sender: int, media: int) -> bytes:
    return rtcp(PSFB, PLI, struct.pack("!II", sender, media))


def transport_cc(sender: int, media: int, base: int, count: int) -> bytes:
    """Says that `count` packets from `base` on have arrived, a quarter of a millisecond apart."""
    chunk = struct.pack("!H", 1 << 13 | count)
    body = struct.pack("!IIHHI", sender, media, base & 0xFFFF, count, 1 << 8) + chunk + b"\x01" * count
    return rtcp(RTPFB, TRANSPORT_CC, body + bytes(-len(body) % 4))


def nacked(packet: Rtcp) -> list[int]:
    """Sequence numbers a generic NACK asks for."""
    sequences = []
    for at in range(8, len(packet.body), 4):
        first, mask = struct.unpack_from("!HH", packet.body, at)
        sequences += [first] + [first + 1 + bit & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return sequences


def vp8_payload(picture: int, *, is_key: bool, is_start: bool = True, filler: bytes = b"") -> bytes:
    """Descriptor with a 15-bit picture id, then the first octet of a VP8 frame header."""
    descriptor = struct.pack("!BBH", 0x80 | is_start << 4, 0x80, 0x8000 | picture & 0x7FFF)
    return descriptor + (bytes([0 if is_key else 1]) if is_start else b"\xaa") + filler
