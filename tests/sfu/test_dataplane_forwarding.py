"""Media through the data plane over real sockets; libsrtp judges every packet."""

import ctypes
import subprocess
import sys
import threading

import pytest

from sfu._dataplane import PROFILES, Dataplane
from tests.sfu.raw_peer import RawPeer, raw_peers, wait_for_event
from tests.sfu.raw_tracks import (
    DOWN_RTX_SSRC,
    DOWN_SSRC,
    UP_SSRC,
    audio,
    filler,
    open_audio,
    open_down,
    open_up,
    resent,
    video,
    wait_for_packets,
)
from tests.sfu.wire import PSFB, nack, nacked, pli


@pytest.mark.parametrize("profile", PROFILES)
def test_audio_flows_at_once_rewritten_and_encrypted_anew(dataplane: Dataplane, profile: str) -> None:
    with raw_peers(dataplane, 2, profile=profile) as (publisher, subscriber):
        open_audio(dataplane, publisher, subscriber)
        for sequence in range(65_500, 65_600):
            publisher.send_rtp(audio(sequence, b"speech %d" % sequence))
        got = subscriber.everything_until(lambda packet: packet.payload == b"speech 65599")
    assert [packet.payload for packet in got] == [b"speech %d" % sequence for sequence in range(65_500, 65_600)]
    assert {(packet.ssrc, packet.payload_type) for packet in got} == {(DOWN_SSRC, 100)}
    first = got[0]
    assert [packet.sequence for packet in got] == [first.sequence + index & 0xFFFF for index in range(100)]
    steps = {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in zip(got, got[1:], strict=False)}
    assert steps == {960}
    assert got[0].extensions[5] == b"7"


def test_each_subscriber_gets_its_own_ssrc_and_keys(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, first = peers
    up_track, _ = open_audio(dataplane, publisher, first)
    others = [RawPeer(dataplane) for _ in range(5)]
    for number, other in enumerate(others):
        other.establish()
        open_down(dataplane, other, up_track, ssrc=3000 + number, rtx_ssrc=0, rtx_payload_type=0)
    publisher.send_rtp(audio(1, b"to all"))
    assert first.rtp().payload == b"to all"
    for number, other in enumerate(others):
        packet = other.rtp()
        assert (packet.ssrc, packet.payload) == (3000 + number, b"to all")
        other.close()


def test_a_repeated_or_damaged_packet_goes_nowhere(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track, _ = open_audio(dataplane, publisher, subscriber)
    once = publisher.protect(audio(1, b"once"))
    damaged = publisher.protect(audio(2, b"damaged"))
    publisher.send(once)
    publisher.send(once)
    publisher.send(damaged[:-1] + bytes([damaged[-1] ^ 1]))
    publisher.send_rtp(audio(3, b"last"))
    got = subscriber.everything_until(lambda packet: packet.payload == b"last")
    assert [packet.payload for packet in got] == [b"once", b"last"]
    assert dataplane.transport_stats(publisher.transport).refused == 2
    assert dataplane.up_track_stats(up_track).packets == 2


def test_video_waits_for_a_layer_and_a_key_frame(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track = open_up(dataplane, publisher)
    down_track = open_down(dataplane, subscriber, up_track)
    publisher.send_rtp(video(1, is_key=True))
    assert wait_for_event(dataplane, lambda event: event.kind == "media_started").id == up_track
    dataplane.set_layer(down_track, 0)
    publisher.rtcp(lambda packet: packet.type == PSFB and packet.count == 1)
    publisher.send_rtp(video(2))
    publisher.send_rtp(video(3, is_key=True))
    publisher.send_rtp(video(4))
    got = subscriber.everything_until(lambda packet: filler(packet).endswith(b":4"))
    assert [filler(packet) for packet in got][-2:] == [b"1000:3", b"1000:4"]
    assert b"1000:2" not in [filler(packet) for packet in got]
    stats = dataplane.down_track_stats(down_track)
    assert (stats.layer, stats.wanted_layer) == (0, 0)


def test_a_paused_track_sends_nothing_and_resumes_at_a_key_frame(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track = open_up(dataplane, publisher)
    down_track = open_down(dataplane, subscriber, up_track)
    dataplane.set_layer(down_track, 0)
    publisher.send_rtp(video(1, is_key=True))
    before = subscriber.rtp()
    dataplane.set_layer(down_track, None)
    publisher.send_rtp(video(2))
    wait_for_packets(dataplane, up_track, 2)
    dataplane.set_layer(down_track, 0)
    publisher.send_rtp(video(3))
    publisher.send_rtp(video(4, is_key=True))
    after = subscriber.rtp()
    assert filler(after) == b"1000:4"
    assert after.sequence == before.sequence + 1 & 0xFFFF


def test_simulcast_switches_at_a_key_frame_with_one_sequence(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track = open_up(dataplane, publisher, encodings=[("q", 0, 0), ("f", 0, 0)])
    down_track = open_down(dataplane, subscriber, up_track)
    dataplane.set_layer(down_track, 0)
    publisher.send_rtp(video(10, ssrc=11, rid="q", is_key=True))
    publisher.send_rtp(video(5000, ssrc=12, rid="f"))
    wait_for_packets(dataplane, up_track, 2)
    # The lower layer must be flowing before the other is wished for: a packet counts before it is sent on.
    got = subscriber.everything_until(lambda packet: filler(packet) == b"11:10")
    dataplane.set_layer(down_track, 1)
    publisher.send_rtp(video(11, ssrc=11, rid="q"))
    publisher.send_rtp(video(5001, ssrc=12, rid="f"))
    publisher.send_rtp(video(5002, ssrc=12, rid="f", is_key=True))
    publisher.send_rtp(video(12, ssrc=11, rid="q"))
    publisher.send_rtp(video(5003, ssrc=12, rid="f"))
    got += subscriber.everything_until(lambda packet: filler(packet) == b"12:5003")
    assert [filler(packet) for packet in got] == [b"11:10", b"11:11", b"12:5002", b"12:5003"]
    assert [packet.sequence for packet in got] == [got[0].sequence + index & 0xFFFF for index in range(4)]
    steps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in zip(got, got[1:], strict=False)]
    assert all(0 < step < 90_000 for step in steps)
    pictures = [int.from_bytes(packet.payload[2:4], "big") & 0x7FFF for packet in got]
    assert [(b - a) & 0x7FFF for a, b in zip(pictures, pictures[1:], strict=False)] == [1, 1, 1]
    stats = dataplane.up_track_stats(up_track)
    assert [(encoding.rid, encoding.ssrc) for encoding in stats.encodings] == [("q", 11), ("f", 12)]


def test_a_subscribers_nack_is_answered_by_rtx(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track = open_up(dataplane, publisher)
    down_track = open_down(dataplane, subscriber, up_track)
    dataplane.set_layer(down_track, 0)
    for sequence in range(1, 6):
        publisher.send_rtp(video(sequence, is_key=sequence == 1))
    got = subscriber.everything_until(lambda packet: filler(packet) == b"1000:5")
    lost = got[2]
    subscriber.send_rtcp(nack(9, DOWN_SSRC, [lost.sequence]))
    again = subscriber.rtp(lambda packet: packet.ssrc == DOWN_RTX_SSRC and len(packet.payload) > 2)
    assert again.payload_type == 101
    assert again.payload == lost.sequence.to_bytes(2, "big") + lost.payload
    assert again.timestamp == lost.timestamp
    stats = dataplane.down_track_stats(down_track)
    assert (stats.packets, stats.retransmitted, stats.nacks_received) == (5, 1, 1)


def test_a_gap_from_the_publisher_is_asked_for_and_repaired(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track = open_up(dataplane, publisher)
    dataplane.set_layer(open_down(dataplane, subscriber, up_track), 0)
    publisher.send_rtp(video(1, is_key=True))
    publisher.send_rtp(video(3))
    asked = publisher.rtcp(lambda packet: packet.type == 205 and packet.count == 1)
    assert nacked(asked) == [2]
    publisher.send_rtp(resent(video(2)))
    got = [subscriber.rtp() for _ in range(3)]
    assert sorted(filler(packet) for packet in got) == [b"1000:1", b"1000:2", b"1000:3"]
    by_sequence = sorted(got, key=lambda packet: (packet.sequence - got[0].sequence) & 0xFFFF)
    assert [filler(packet) for packet in by_sequence] == [b"1000:1", b"1000:2", b"1000:3"]
    stats = dataplane.up_track_stats(up_track)
    assert (stats.packets, stats.repaired, stats.lost) == (3, 1, 0)


def test_a_subscribers_pli_reaches_the_publisher(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track = open_up(dataplane, publisher)
    down_track = open_down(dataplane, subscriber, up_track)
    dataplane.set_layer(down_track, 0)
    publisher.send_rtp(video(1, is_key=True))
    subscriber.rtp()
    for _ in range(20):
        subscriber.send_rtcp(pli(9, DOWN_SSRC))
    asked = publisher.rtcp(lambda packet: packet.type == PSFB and packet.count == 1)
    assert int.from_bytes(asked.body[4:8], "big") == UP_SSRC
    assert dataplane.up_track_stats(up_track).plis_sent <= 3


def test_a_muted_track_is_silent_until_it_is_unmuted(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track, _ = open_audio(dataplane, publisher, subscriber)
    publisher.send_rtp(audio(1, b"before"))
    assert subscriber.rtp().payload == b"before"
    dataplane.set_up_track_muted(up_track, True)
    publisher.send_rtp(audio(2, b"muted"))
    publisher.connect()
    dataplane.set_up_track_muted(up_track, False)
    publisher.send_rtp(audio(3, b"after"))
    assert subscriber.rtp().payload == b"after"


def test_a_closed_down_track_gets_no_more(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track, down_track = open_audio(dataplane, publisher, subscriber)
    open_down(dataplane, subscriber, up_track, ssrc=4000, rtx_ssrc=0, rtx_payload_type=0)
    publisher.send_rtp(audio(1))
    assert {subscriber.rtp().ssrc, subscriber.rtp().ssrc} == {DOWN_SSRC, 4000}
    dataplane.close_down_track(down_track)
    publisher.send_rtp(audio(2))
    publisher.send_rtp(audio(3))
    assert [subscriber.rtp().ssrc, subscriber.rtp().ssrc] == [4000, 4000]


PUMP = """
import socket, sys
receiver, sender = (socket.socket(fileno=int(fd)) for fd in sys.argv[1:3])
datagrams = sys.stdin.buffer.read()
count = 0
receiver.settimeout(0.2)
size = int(sys.argv[4])
for at in range(0, len(datagrams), size):
    sender.sendto(datagrams[at:at + size], ("127.0.0.1", int(sys.argv[3])))
    if at == 0:
        print("started", flush=True)
    try:
        receiver.recv(4096)
        count += 1
    except TimeoutError:
        pass
print(count)
"""


def test_media_flows_while_the_interpreter_stands_still(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track, _ = open_audio(dataplane, publisher, subscriber)
    datagrams = [publisher.protect(audio(sequence, b"x" * 80)) for sequence in range(1000)]
    descriptors = (subscriber.socket.fileno(), publisher.socket.fileno())
    pump = subprocess.Popen(
        [sys.executable, "-c", PUMP, *map(str, descriptors), str(dataplane.local_port), str(len(datagrams[0]))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=descriptors,
    )
    assert pump.stdin is not None and pump.stdout is not None
    # the pump reads everything before it sends, so what follows is sent while the interpreter lock is held
    feeder = threading.Thread(target=lambda: pump.stdin and (pump.stdin.write(b"".join(datagrams)), pump.stdin.close()))
    feeder.start()
    assert pump.stdout.readline() == b"started\n"
    ctypes.PyDLL(None).usleep(700_000)
    count = int(pump.stdout.read())
    feeder.join()
    pump.stdout.close()
    assert pump.wait() == 0
    assert count >= 999
    assert dataplane.up_track_stats(up_track).packets == 1000
