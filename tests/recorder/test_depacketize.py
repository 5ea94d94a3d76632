"""Codecs out of RTP: whole frames only, key frames after holes, sizes and parameter sets read."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.depacketize.h264 import H264Depacketizer, pps_id
from recorder.depacketize.opus import packet_samples
from recorder.depacketize.sps import SpsError, read_sps
from recorder.depacketize.vp8 import Vp8Depacketizer, read_key_frame, split_descriptor
from recorder.media import CodedFrame
from recorder.rtp import RtpPacket, parse_rtp
from tests.support.journal import (
    Picture,
    Sender,
    h264_payloads,
    nal_units,
    pictures,
    sounds,
    vp8_payloads,
)

Depacketizer = H264Depacketizer | Vp8Depacketizer


def packets_of(codec: str, frames: tuple[Picture, ...]) -> list[list[RtpPacket]]:
    sender = Sender(96, 1, 90_000)
    out = []
    for frame in frames:
        payloads = h264_payloads(frame.data) if codec == "h264" else vp8_payloads(frame.data)
        parsed = [parse_rtp(data) for data in sender.packets(payloads, frame.at_s)]
        out.append([packet for packet in parsed if packet is not None])
    return out


def a_depacketizer(codec: str) -> Depacketizer:
    return H264Depacketizer() if codec == "h264" else Vp8Depacketizer()


def push_all(depacketizer: Depacketizer, packets: list[RtpPacket]) -> list[CodedFrame]:
    return [frame for packet in packets for frame in depacketizer.push(packet)]


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_every_frame_comes_out_whole(codec: str) -> None:
    frames = pictures(codec, 0, 3)
    depacketizer = a_depacketizer(codec)

    got = [frame for packets in packets_of(codec, frames) for frame in push_all(depacketizer, packets)]

    assert [frame.is_key for frame in got] == [frame.is_key for frame in frames]
    assert got[0].config is not None and (got[0].config.width, got[0].config.height) == (320, 180)
    if codec == "vp8":
        assert [frame.data for frame in got] == [frame.data for frame in frames]


def test_h264_frames_are_length_prefixed_without_parameter_sets() -> None:
    (frame,) = pictures("h264", 0, 0.1)

    (got,) = push_all(H264Depacketizer(), packets_of("h264", (frame,))[0])

    slices = [unit for unit in nal_units(frame.data) if unit[0] & 0x1F in (1, 5)]
    assert got.data == b"".join(struct.pack(">I", len(unit)) + unit for unit in slices)
    assert got.config is not None and got.config.sps[0][0] & 0x1F == 7


@pytest.mark.parametrize("codec", ["h264", "vp8"])
@pytest.mark.parametrize("lost", ["first", "middle", "last"])
def test_after_a_lost_packet_the_next_frame_is_a_key_frame(codec: str, lost: str) -> None:
    frames = pictures(codec, 0, 5, 640, 360)
    depacketizer = a_depacketizer(codec)
    got: list[CodedFrame] = []
    for index, packets in enumerate(packets_of(codec, frames)):
        gone = {"first": 0, "middle": len(packets) // 2, "last": len(packets) - 1}[lost] if index == 20 else -1
        for place, packet in enumerate(packets):
            if place == gone:
                depacketizer.hole()
            else:
                got += depacketizer.push(packet)

    assert frames[20].is_key and frames[40].is_key
    assert len(got) == 20 + 10
    assert got[20].is_key


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_frames_without_markers_end_where_the_next_begins(codec: str) -> None:
    depacketizer = a_depacketizer(codec)
    got: list[CodedFrame] = []
    for packets in packets_of(codec, pictures(codec, 0, 1)):
        for p in packets:
            bare = RtpPacket(p.payload_type, False, p.sequence, p.timestamp, p.ssrc, p.payload)
            got += depacketizer.push(bare)

    assert len(got) == 9


def test_a_changed_parameter_set_is_a_new_configuration() -> None:
    depacketizer = H264Depacketizer()
    small, big = pictures("h264", 0, 0.1), pictures("h264", 0, 0.1, 640, 360)
    configs = []
    for frames in (small, small, big):
        configs += [frame.config for frame in push_all(depacketizer, packets_of("h264", frames)[0])]

    assert configs[0] == configs[1] != configs[2]
    assert configs[2] is not None and (configs[2].width, configs[2].height) == (640, 360)


def test_h264_of_a_kind_we_do_not_take_is_a_hole() -> None:
    depacketizer = H264Depacketizer()
    for kind in (0, 25, 26, 27, 29, 30, 31):
        assert depacketizer.push(RtpPacket(96, True, 1, 1, 1, bytes((kind, 1, 2, 3)))) == []
    assert depacketizer.needs_key


@settings(max_examples=200)
@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans(), st.integers(0, 3)), max_size=20))
def test_noise_never_raises(payloads: list[tuple[bytes, bool, int]]) -> None:
    for depacketizer in (H264Depacketizer(), Vp8Depacketizer()):
        for payload, has_marker, timestamp in payloads:
            depacketizer.push(RtpPacket(96, has_marker, 0, timestamp, 1, payload))


def test_padding_packets_change_nothing() -> None:
    for codec in ("h264", "vp8"):
        depacketizer = a_depacketizer(codec)
        first, second = packets_of(codec, pictures(codec, 0, 0.2))
        got = push_all(depacketizer, [*first, RtpPacket(96, False, 0, 5, 1, b""), *second])
        assert len(got) == 2


@pytest.mark.parametrize("width,height", [(160, 90), (320, 180), (640, 360), (1280, 720), (1920, 1080), (180, 320)])
def test_sizes_are_read_from_parameter_sets(width: int, height: int) -> None:
    (frame,) = pictures("h264", 0, 0.1, width, height)
    sps = next(unit for unit in nal_units(frame.data) if unit[0] & 0x1F == 7)

    assert read_sps(sps) == (width, height)


@given(st.binary(max_size=40))
def test_a_broken_parameter_set_is_an_error_of_its_own(noise: bytes) -> None:
    try:
        width, height = read_sps(b"\x67" + noise)
    except SpsError:
        return
    assert width > 0 and height > 0


def test_picture_parameter_set_numbers() -> None:
    assert pps_id(bytes((0x68, 0b10000000))) == 0
    assert pps_id(bytes((0x68, 0b01000000))) == 1
    assert pps_id(bytes((0x68, 0b01100000))) == 2
    assert pps_id(bytes((0x68, 0b00101000))) == 4


def test_vp8_descriptors_of_every_shape() -> None:
    assert split_descriptor(b"\x10\xaa") == (True, b"\xaa")
    assert split_descriptor(b"\x00\xaa") == (False, b"\xaa")
    assert split_descriptor(b"\x11\xaa") == (False, b"\xaa")
    assert split_descriptor(b"\x90\x80\x05\xaa") == (True, b"\xaa")
    assert split_descriptor(b"\x90\x80\x85\x05\xaa") == (True, b"\xaa")
    assert split_descriptor(b"\x90\xf0\x85\x05\x01\x20\xaa") == (True, b"\xaa")
    for cut in (b"", b"\x10", b"\x90", b"\x90\x80", b"\x90\xf0\x85\x05\x01"):
        assert split_descriptor(cut) is None


def test_a_key_frame_without_its_start_code_is_none() -> None:
    assert read_key_frame(bytes(10)) is None
    assert read_key_frame(b"\x10") is None


def test_opus_lengths_from_the_first_byte() -> None:
    assert packet_samples(b"") == 0
    assert packet_samples(b"\x08x") == 960  # SILK 20 ms
    assert packet_samples(b"\x00x") == 480
    assert packet_samples(b"\x18x") == 2880
    assert packet_samples(b"\xfcx") == 960  # CELT 20 ms
    assert packet_samples(b"\xfdxx") == 1920
    assert packet_samples(b"\x03\x03xxx") == 1440
    assert packet_samples(b"\x1b\x3f") == 0
    assert packet_samples(b"\x03") == 0
    assert {packet_samples(payload) for _, payload in sounds(0, 0.2)} == {960}
