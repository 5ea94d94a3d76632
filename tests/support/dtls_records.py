"""DTLS records by hand (RFC 6347, RFC 5764): what OpenSSL would not write for us."""

import os
import struct
from collections.abc import Iterable, Iterator

DTLS_1_0, DTLS_1_2 = 0xFEFF, 0xFEFD
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO = 1, 2
USE_SRTP = 14

ECDHE_ECDSA_AES128_GCM = 0xC02B
SRTP_AES128_CM_SHA1_80, SRTP_NULL_SHA1_80 = 0x0001, 0x0005


def record(kind: int, body: bytes, *, version: int = DTLS_1_2, epoch: int = 0, sequence: int = 0) -> bytes:
    return struct.pack("!BHHHIH", kind, version, epoch, 0, sequence, len(body)) + body


def _vector(body: bytes, length: str) -> bytes:
    return struct.pack(length, len(body)) + body


def use_srtp(profiles: Iterable[int], mki: bytes = b"") -> bytes:
    """The extension, whole."""
    body = _vector(b"".join(struct.pack("!H", each) for each in profiles), "!H") + _vector(mki, "!B")
    return struct.pack("!HH", USE_SRTP, len(body)) + body


def client_hello(
    *,
    version: int = DTLS_1_2,
    ciphers: Iterable[int] = (ECDHE_ECDSA_AES128_GCM,),
    extensions: bytes | None = None,
    cookie: bytes = b"",
) -> bytes:
    """A whole first flight, in one record."""
    groups = struct.pack("!HHHH", 10, 4, 2, 23) + struct.pack("!HHBB", 11, 2, 1, 0)
    signatures = struct.pack("!HHHH", 13, 4, 2, 0x0403)
    if extensions is None:
        extensions = groups + signatures + use_srtp([SRTP_AES128_CM_SHA1_80])
    else:
        extensions = groups + signatures + extensions
    body = struct.pack("!H", version) + os.urandom(32) + _vector(b"", "!B") + _vector(cookie, "!B")
    body += _vector(b"".join(struct.pack("!H", each) for each in ciphers), "!H") + b"\x01\x00"
    body += _vector(extensions, "!H")
    size = struct.pack("!I", len(body))[1:]
    message = bytes([CLIENT_HELLO]) + size + struct.pack("!H", 0) + b"\0\0\0" + size + body
    return record(HANDSHAKE, message, version=DTLS_1_0 if version == DTLS_1_0 else 0xFEFF)


def records_of(datagram: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and body of each record."""
    at = 0
    while at + 13 <= len(datagram):
        (length,) = struct.unpack_from("!H", datagram, at + 11)
        yield datagram[at], datagram[at + 13 : at + 13 + length]
        at += 13 + length


def server_hello_of(datagram: bytes) -> bytes | None:
    """The body of a ServerHello, if the datagram begins one."""
    for kind, body in records_of(datagram):
        if kind == HANDSHAKE and body[:1] == bytes([SERVER_HELLO]):
            return body[12:]
    return None


def extensions_of(server_hello: bytes) -> dict[int, bytes]:
    at = 34 + 1 + server_hello[34] + 3
    found: dict[int, bytes] = {}
    end = at + 2 + struct.unpack_from("!H", server_hello, at)[0] if at + 2 <= len(server_hello) else at
    at += 2
    while at + 4 <= min(end, len(server_hello)):
        kind, length = struct.unpack_from("!HH", server_hello, at)
        found[kind] = server_hello[at + 4 : at + 4 + length]
        at += 4 + length
    return found
