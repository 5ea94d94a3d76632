"""The data plane under many subscribers, two threads, another address family and constant change."""

import dataclasses
import random
import socket

import pytest

from sfu._dataplane import Dataplane
from tests.sfu.raw_peer import THREADS, RawPeer, raw_peers
from tests.sfu.raw_tracks import audio, filler, open_audio, open_down, open_up, video
from tests.sfu.wire import binding_request, mapped_port, nack, pli, vp8_payload

SUBSCRIBERS = 40


@pytest.mark.parametrize("threads", [1, 2])
def test_every_subscriber_gets_every_packet_in_order(threads: int) -> None:
    """Forty-eight large packets at once to forty: more than one outbox holds."""
    dataplane = Dataplane(bind="127.0.0.1:0", threads=threads)
    with raw_peers(dataplane, SUBSCRIBERS + 1) as (publisher, *subscribers):
        up_track = open_up(dataplane, publisher)
        for subscriber in subscribers:
            dataplane.set_layer(open_down(dataplane, subscriber, up_track), 0)
        payloads = [vp8_payload(number, is_key=number == 0, filler=bytes([number]) * 1000) for number in range(48)]
        datagrams = [
            publisher.protect(dataclasses.replace(video(number), payload=payload))
            for number, payload in enumerate(payloads)
        ]
        for datagram in datagrams:
            publisher.send(datagram)
        for subscriber in subscribers:
            got = [subscriber.rtp() for _ in payloads]
            assert [filler(packet) for packet in got] == [payload[5:] for payload in payloads]
    dataplane.close()


def test_packets_of_very_different_sizes_arrive_whole() -> None:
    dataplane = Dataplane(bind="127.0.0.1:0", threads=2)
    with raw_peers(dataplane, 31) as (publisher, *subscribers):
        up_track, _ = open_audio(dataplane, publisher, subscribers[0])
        for subscriber in subscribers[1:]:
            open_down(dataplane, subscriber, up_track, rtx_ssrc=0, rtx_payload_type=0)
        sizes = [3, 1100, 1100, 1099, 1101, 1, 600, 600, 600, 20]
        for number, size in enumerate(sizes):
            publisher.send_rtp(audio(number, bytes([number]) * size))
        for subscriber in subscribers:
            got = [subscriber.rtp().payload for _ in sizes]
            assert got == [bytes([number]) * size for number, size in enumerate(sizes)]
    dataplane.close()


def has_ipv6_loopback() -> bool:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


def test_a_dual_stack_socket_serves_both_families() -> None:
    if not socket.has_ipv6 or not has_ipv6_loopback():
        pytest.skip("this machine has no IPv6")
    dataplane = Dataplane(bind="[::]:0")
    ufrag, pwd = "abcd", "p" * 24
    dataplane.open_transport(local_ufrag=ufrag, local_pwd=pwd)
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.settimeout(10)
    peer.sendto(
        binding_request(username=f"{ufrag}:x", password=pwd, transaction=b"t" * 12),
        ("127.0.0.1", dataplane.local_port),
    )
    answer = peer.recv(2048)
    assert mapped_port(answer, password=pwd, transaction=b"t" * 12) == peer.getsockname()[1]
    peer.close()
    dataplane.close()


def test_constant_change_disturbs_nobody() -> None:
    """Tracks and transports come and go, feedback and junk arrive, while one pair talks on undisturbed."""
    chance = random.Random(7)
    dataplane = Dataplane(bind="127.0.0.1:0", threads=THREADS)
    with raw_peers(dataplane, 6) as (publisher, subscriber, *others):
        up_track, _ = open_audio(dataplane, publisher, subscriber)
        video_track = open_up(dataplane, others[0])
        open_tracks: list[int] = []
        for number in range(300):
            other = chance.choice(others)
            match chance.randrange(8):
                case 0:
                    track = open_down(dataplane, other, video_track, ssrc=5000 + number, rtx_ssrc=90_000 + number)
                    dataplane.set_layer(track, 0)
                    open_tracks.append(track)
                case 1 if open_tracks:
                    dataplane.close_down_track(open_tracks.pop(chance.randrange(len(open_tracks))))
                case 2:
                    dataplane.close_up_track(video_track)
                    video_track = open_up(dataplane, others[0])
                    open_tracks.clear()
                case 3:
                    others[0].send_rtp(video(number, is_key=chance.random() < 0.3))
                case 4:
                    other.send_rtcp(nack(1, 5000 + number - 5, [chance.randrange(65536)]), pli(1, 5000 + number - 9))
                case 5:
                    other.send(bytes(chance.randrange(256) for _ in range(chance.randrange(1, 200))))
                case 6:
                    passing = RawPeer(dataplane)
                    passing.connect()
                    open_down(dataplane, passing, up_track, rtx_ssrc=0, rtx_payload_type=0)
                    dataplane.close_transport(passing.transport)
                    passing.close()
                case _:
                    other.connect()
            publisher.send_rtp(audio(number, b"word %d" % number))
            assert subscriber.rtp().payload == b"word %d" % number
    dataplane.close()


@pytest.mark.parametrize("bind", ["0.0.0.0:0", "[::]:0"])
def test_answers_leave_from_the_address_that_was_asked(bind: str) -> None:
    if bind.startswith("[") and not has_ipv6_loopback():
        pytest.skip("this machine has no IPv6")
    dataplane = Dataplane(bind=bind)
    peer = RawPeer(dataplane)
    # a connected socket hears only the address it speaks to, as browsers do
    peer.address = ("127.0.0.5", dataplane.local_port)
    peer.socket.connect(peer.address)
    peer.establish()
    up_track, _ = open_audio(dataplane, peer, peer)
    assert dataplane.up_track_stats(up_track).packets == 0
    for number in range(20):
        peer.send_rtp(audio(number, b"word %d" % number))
    assert [peer.rtp().payload for _ in range(20)] == [b"word %d" % number for number in range(20)]
    dataplane.close()
    peer.close()
