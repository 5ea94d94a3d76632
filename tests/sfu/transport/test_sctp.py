"""Data channels over a pair of DTLS ends: labels, early messages, limits, malformed packets."""

import asyncio
import time
import tracemalloc
from contextlib import asynccontextmanager

import pytest

from sfu.media import DataKind
from sfu.transport import sctp
from sfu.transport.sctp import MAX_HELD_BYTES, MAX_RELIABLE_BUFFER, STOPPED_S, DataChannels
from tests.sfu.transport.ends import LIMIT_S, Pair, a_connected_pair


class End:
    def __init__(self, dtls, *, creates):
        self.inbox: asyncio.Queue = asyncio.Queue()
        self.channels = DataChannels(dtls, lambda *message: self.inbox.put_nowait(message), self._stop, creates=creates)
        self.stops = 0

    def _stop(self):
        self.stops += 1

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
    channels = DataChannels(Pair().client, lambda *_: None, lambda: None, creates=True)
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


async def fills(creator, size):
    """Sends without a pause until it is refused; gives how many were taken."""
    taken = 0
    while creator.channels.send(DataKind.RELIABLE, b"%09d" % taken + bytes(size)):
        taken += 1
        if taken % 50 == 0:
            # lets the association send what it may
            await asyncio.sleep(0)
    return taken


@pytest.mark.parametrize("size", [10, 1_000, 50_000])
async def test_r12_what_one_who_has_stopped_makes_us_keep_is_bounded(size, monkeypatch):
    # a busy machine takes seconds to fill it
    monkeypatch.setattr(sctp, "STOPPED_S", STOPPED_S + 600)
    async with two_ends() as (creator, other, pair):
        creator.channels.send(DataKind.RELIABLE, b"first")
        await other.next()
        pair.client._unregister_data_receiver(other.channels._sctp)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            taken = await fills(creator, size)
            kept = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert taken and kept <= MAX_RELIABLE_BUFFER * 1.2, f"{taken} messages take {kept} bytes"
        assert not creator.stops, "it may only be slow"
        creator.channels._sctp.moved_at = time.monotonic() - sctp.STOPPED_S - 1
        assert not creator.channels.send(DataKind.RELIABLE, bytes(size + 9)) and creator.stops == 1


async def test_r12_who_is_slow_loses_what_is_too_much_and_is_not_given_up():
    async with two_ends() as (creator, other, _):
        # nothing was said for long: that says nothing of the peer
        creator.channels._sctp.moved_at = time.monotonic() - 10 * STOPPED_S
        taken = await fills(creator, 50_000)
        assert not creator.stops
        for number in range(taken):
            assert (await other.next())[1].startswith(b"%09d" % number)
        assert creator.channels.send(DataKind.RELIABLE, b"again") and (await other.next())[1] == b"again"
