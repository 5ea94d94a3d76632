"""Data channels over a pair of DTLS ends: labels, early messages, limits, malformed packets."""

import asyncio
from contextlib import asynccontextmanager

from sfu.media import DataKind
from sfu.transport.sctp import MAX_HELD_BYTES, DataChannels
from tests.sfu.transport.ends import LIMIT_S, Pair, a_connected_pair


class End:
    def __init__(self, dtls, *, creates):
        self.inbox: asyncio.Queue = asyncio.Queue()
        self.channels = DataChannels(dtls, lambda *message: self.inbox.put_nowait(message), creates=creates)

    async def next(self):
        return await asyncio.wait_for(self.inbox.get(), LIMIT_S)


@asynccontextmanager
async def two_ends(max_message_size=65536, before_start=lambda creator: None):
    async with a_connected_pair() as pair:
        creator, other = End(pair.server, creates=True), End(pair.client, creates=False)
        before_start(creator)
        await creator.channels.start(max_message_size)
        await other.channels.start(max_message_size)
        yield creator, other, pair
        await creator.channels.stop()
        await other.channels.stop()


async def test_messages_keep_kind_and_content():
    async with two_ends() as (creator, other, _):
        creator.channels.send(DataKind.RELIABLE, b"hello")
        assert await other.next() == (DataKind.RELIABLE, b"hello")
        assert other.channels.send(DataKind.RELIABLE, b"back")
        assert await creator.next() == (DataKind.RELIABLE, b"back")


async def test_reliable_messages_sent_before_the_channel_is_open_arrive_in_order():
    def send_early(creator):
        for number in range(10):
            assert creator.channels.send(DataKind.RELIABLE, b"%d" % number)

    async with two_ends(before_start=send_early) as (_, other, _):
        assert [(await other.next())[1] for _ in range(10)] == [b"%d" % number for number in range(10)]


async def test_other_messages_sent_before_the_channel_is_open_are_dropped():
    def send_early(creator):
        assert not creator.channels.send(DataKind.LOSSY, b"x")

    async with two_ends(before_start=send_early):
        pass


async def test_early_messages_are_bounded():
    channels = DataChannels(Pair().client, lambda *_: None, creates=True)
    assert channels.send(DataKind.RELIABLE, b"x" * MAX_HELD_BYTES)
    assert not channels.send(DataKind.RELIABLE, b"x")
    await channels.stop()


async def test_a_message_larger_than_the_peer_takes_is_dropped_alone():
    async with two_ends(max_message_size=1000) as (creator, other, _):
        creator.channels.send(DataKind.RELIABLE, b"first")
        await other.next()
        assert not creator.channels.send(DataKind.RELIABLE, b"x" * 1001)
        assert creator.channels.send(DataKind.RELIABLE, b"after")
        assert (await other.next())[1] == b"after"


async def test_large_messages_arrive_whole():
    async with two_ends() as (creator, other, _):
        creator.channels.send(DataKind.RELIABLE, bytes(range(256)) * 200)
        assert (await other.next())[1] == bytes(range(256)) * 200


async def test_malformed_packets_disturb_nothing():
    async with two_ends() as (creator, other, pair):
        creator.channels.send(DataKind.RELIABLE, b"before")
        await other.next()
        for packet in (b"", b"\x00" * 12, b"\xff" * 60, b"\x13\x88\x13\x88" + b"\x00" * 30):
            if packet:
                await pair.client._send_data(packet)
        creator.channels.send(DataKind.RELIABLE, b"after")
        assert (await other.next())[1] == b"after"
