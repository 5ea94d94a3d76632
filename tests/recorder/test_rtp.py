"""RTP headers: fields read, extensions and padding cut, noise refused."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from recorder.rtp import RtpPacket, parse_rtp, unwrap
from tests.support.journal import rtp


def test_extension_is_cut_off() -> None:
    data = rtp(b"hello", payload_type=96, sequence=7, timestamp=9, ssrc=5, has_marker=True)

    assert parse_rtp(data) == RtpPacket(96, True, 7, 9, 5, b"hello")


def test_csrcs_and_padding_are_cut_off() -> None:
    data = struct.pack(">BBHII", 0xA0 | 1, 111, 1, 2, 3) + bytes(4) + b"data" + b"\0\0\3"

    packet = parse_rtp(data)

    assert packet is not None and packet.payload == b"data"


def test_padding_alone_is_an_empty_payload() -> None:
    packet = parse_rtp(struct.pack(">BBHII", 0xA0, 96, 1, 2, 3) + b"\0\0\0\4")

    assert packet is not None and packet.payload == b""


def test_padding_longer_than_the_packet_is_refused() -> None:
    assert parse_rtp(struct.pack(">BBHII", 0xA0, 96, 1, 2, 3) + b"\0\xff") is None


@given(st.binary(max_size=60))
def test_noise_never_raises(noise: bytes) -> None:
    packet = parse_rtp(noise)

    assert packet is None or len(packet.payload) <= len(noise)


@given(st.integers(0, 2**40), st.integers(-(2**31) + 1, 2**31 - 1))
def test_unwrapping_finds_the_nearest(reference: int, delta: int) -> None:
    assert unwrap((reference + delta) & 0xFFFFFFFF, reference, 32) == reference + delta
