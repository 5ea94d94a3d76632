"""Rooms that span media threads: the same packets for everybody, wherever they live; wishes find their way back."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sfu._dataplane import Dataplane
from tests.sfu.raw_peer import RawPeer, raw_peers, wait_until
from tests.sfu.raw_tracks import UP_SSRC, audio, filler, open_audio, open_down, open_up, video
from tests.sfu.wire import PSFB, nack, pli

SUBSCRIBERS = 6


@contextmanager
def a_crowd(threads: int) -> Iterator[tuple[Dataplane, list[RawPeer]]]:
    """A publisher and subscribers, two and two in one thread as transports are placed."""
    dataplane = Dataplane(bind="127.0.0.1:0", threads=threads)
    try:
        with raw_peers(dataplane, SUBSCRIBERS + 1) as peers:
            yield dataplane, peers
    finally:
        dataplane.close()


def notes_sent(dataplane: Dataplane) -> int:
    return sum(stats.notes_sent for stats in dataplane.thread_stats())


def test_transports_are_spread_evenly_and_give_their_place_back() -> None:
    with a_crowd(3) as (dataplane, peers):
        counts = [stats.transports for stats in dataplane.thread_stats()]
        assert max(counts) - min(counts) <= 2
        for peer in peers:
            dataplane.close_transport(peer.transport)
        assert sum(stats.transports for stats in dataplane.thread_stats()) == sum(counts) - len(peers)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_same_call_over_any_number_of_threads_gives_everybody_the_same(threads: int) -> None:
    with a_crowd(threads) as (dataplane, (publisher, *subscribers)):
        up_track = open_up(dataplane, publisher)
        for subscriber in subscribers:
            dataplane.set_layer(open_down(dataplane, subscriber, up_track), 0)
        for number in range(200):
            publisher.send_rtp(video(number, is_key=number == 0))
        for subscriber in subscribers:
            got = [subscriber.rtp() for _ in range(200)]
            assert [filler(packet) for packet in got] == [b"%d:%d" % (UP_SSRC, number) for number in range(200)]
            assert [(packet.sequence - got[0].sequence) % 65536 for packet in got] == list(range(200))
            assert [packet.timestamp for packet in got] == [video(number).timestamp for number in range(200)]
        assert all(stats.lost == 0 for stats in dataplane.thread_stats())
        assert (notes_sent(dataplane) > 0) == (threads > 1)


def test_a_key_frame_wish_and_a_repair_reach_through_another_thread() -> None:
    with a_crowd(2) as (dataplane, (publisher, _, *_, far)):
        up_track = open_up(dataplane, publisher)
        publisher.send_rtp(video(0))
        wait_until(lambda: dataplane.up_track_stats(up_track).packets == 1)
        down_track = open_down(dataplane, far, up_track)
        dataplane.set_layer(down_track, 0)
        publisher.send_rtp(video(1))
        publisher.rtcp(lambda packet: (packet.type, packet.count) == (PSFB, 1))
        publisher.send_rtp(video(2, is_key=True))
        first = far.rtp()
        assert filler(first) == b"%d:2" % UP_SSRC
        far.send_rtcp(nack(1, 2000, [first.sequence]))
        again = far.rtp(lambda packet: packet.ssrc == 2001)
        assert again.payload[2:] == first.payload
        far.send_rtcp(pli(1, 2000))
        wait_until(lambda: dataplane.down_track_stats(down_track).plis_received == 1)
        publisher.rtcp(lambda packet: (packet.type, packet.count) == (PSFB, 1))


def test_levels_and_mute_are_those_of_one_track() -> None:
    with a_crowd(2) as (dataplane, (publisher, near, *_, far)):
        up_track, _ = open_audio(dataplane, publisher, near)
        open_down(dataplane, far, up_track, rtx_ssrc=0, rtx_payload_type=0)
        publisher.send_rtp(audio(1, b"heard"))
        assert (near.rtp().payload, far.rtp().payload) == (b"heard", b"heard")
        levels = dataplane.audio_levels()
        assert [(level.up_track, level.packets) for level in levels] == [(up_track, 1)]
        dataplane.set_up_track_muted(up_track, True)
        publisher.send_rtp(audio(2, b"private"))
        wait_until(lambda: dataplane.up_track_stats(up_track).packets == 2)
        dataplane.set_up_track_muted(up_track, False)
        publisher.send_rtp(audio(3, b"again"))
        assert (near.rtp().payload, far.rtp().payload) == (b"again", b"again")


@pytest.mark.parametrize("end", ["down_track", "transport", "up_track", "publisher"])
def test_who_has_left_is_told_nothing_more(end: str) -> None:
    """The publisher hears itself: it is surely in its own thread."""
    with a_crowd(2) as (dataplane, (publisher, *_, far)):
        up_track, _ = open_audio(dataplane, publisher, publisher)
        down_track = open_down(dataplane, far, up_track, rtx_ssrc=0, rtx_payload_type=0)
        publisher.send_rtp(audio(1, b"heard"))
        assert far.rtp().payload == b"heard"
        before = notes_sent(dataplane)
        match end:
            case "down_track":
                dataplane.close_down_track(down_track)
            case "transport":
                dataplane.close_transport(far.transport)
            case "up_track":
                dataplane.close_up_track(up_track)
            case _:
                dataplane.close_transport(publisher.transport)
        for number in range(2, 20):
            publisher.send_rtp(audio(number, b"later"))
        if end in ("down_track", "transport"):
            for _ in range(18):
                publisher.rtp(lambda packet: packet.payload == b"later")
        assert notes_sent(dataplane) == before
