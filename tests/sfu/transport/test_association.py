"""The bounds around aiortc's SCTP: what would make its reader run for ever, or keep without end, never gets there."""

import struct

import pytest
from aiortc.rtcsctptransport import DataChunk, HeartbeatChunk, InitChunk, SackChunk, serialize_packet
from hypothesis import given
from hypothesis import strategies as st

from sfu.transport.association import MAX_AHEAD, MAX_STREAMS, Association, Overrun, is_sound
from tests.sfu.transport.ends import a_connected_pair


def packet(chunks: bytes) -> bytes:
    return bytes(12) + chunks


def chunk(kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", kind, 0, 4 + len(body)) + body + bytes(-len(body) % 4)


@pytest.mark.parametrize("kind", [4, 5, 6, 9, 130])
@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_a_parameter_shorter_than_its_header_is_not_read(kind, size):
    assert not is_sound(packet(chunk(kind, struct.pack("!HH", 1, size))))
    assert not is_sound(packet(chunk(kind, struct.pack("!HHI", 1, 8, 7) + struct.pack("!HH", 1, size))))


@pytest.mark.parametrize("kind", [1, 2])
def test_parameters_of_an_init_begin_after_its_fields(kind):
    assert is_sound(packet(chunk(kind, bytes(16))))
    assert not is_sound(packet(chunk(kind, bytes(20))))


def test_what_is_right_is_read():
    heartbeat = HeartbeatChunk()
    heartbeat.params = [(1, b"12345"), (2, b"")]
    for good in (heartbeat, InitChunk(), SackChunk(), DataChunk()):
        assert is_sound(serialize_packet(1, 1, 1, good))


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(data):
    assert is_sound(data) in (True, False)


def data(tsn: int, *, size: int = 1, stream: int = 1, flags: int = 0) -> DataChunk:
    made = DataChunk(flags=flags)
    made.tsn, made.stream_id, made.stream_seq, made.protocol, made.user_data = tsn, stream, 0, 53, bytes(size)
    return made


async def an_association(pair) -> Association:
    association = Association(pair.server, 5000)
    association._last_received_tsn = 0
    return association


async def test_a_message_without_end_is_cut_off():
    async with a_connected_pair() as pair:
        association = await an_association(pair)
        with pytest.raises(Overrun):
            for tsn in range(1, 3000):
                await association._receive_data_chunk(data(tsn, size=1000, flags=2 if tsn == 1 else 0))


async def test_numbers_far_ahead_and_ever_more_streams_are_not_kept():
    async with a_connected_pair() as pair:
        association = await an_association(pair)
        await association._receive_data_chunk(data(MAX_AHEAD + 1, flags=2))
        assert not association._sack_misordered
        for tsn in range(2, 2000):
            await association._receive_data_chunk(data(tsn, stream=tsn, flags=2))
        assert len(association._inbound_streams) == MAX_STREAMS


async def test_middles_without_beginning_are_kept_in_small_number():
    async with a_connected_pair() as pair:
        association = await an_association(pair)
        for tsn in range(2, 2000):
            await association._receive_data_chunk(data(tsn, flags=4))
        assert len(association._inbound_streams[1].reassembly) == 512


async def test_gaps_about_what_was_never_sent_are_not_walked_through():
    async with a_connected_pair() as pair:
        association = await an_association(pair)
        sack = SackChunk()
        sack.cumulative_tsn, sack.advertised_rwnd = association._last_sacked_tsn, 1 << 20
        sack.gaps = [(1, 65535)] * 300
        await association._receive_sack_chunk(sack)
        assert sack.gaps == []
