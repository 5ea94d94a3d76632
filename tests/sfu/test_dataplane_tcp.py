"""Peers over TCP (RFC 6544, framed by RFC 4571) beside peers over UDP, and what strangers do to the TCP port."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfu._dataplane import Dataplane, DataplaneError
from tests.sfu.raw_peer import PATIENCE_S, THREADS, RawPeer, wait_for_event
from tests.sfu.raw_tracks import DOWN_SSRC, audio, open_audio, open_down, open_up, video
from tests.sfu.stream_peer import StreamPeer
from tests.sfu.wire import binding_request


@pytest.fixture
def dataplane() -> Iterator[Dataplane]:
    dataplane = Dataplane(bind="127.0.0.1:0", tcp_bind="127.0.0.1:0", threads=THREADS)
    yield dataplane
    dataplane.close()


@pytest.fixture
def publisher(dataplane: Dataplane) -> Iterator[RawPeer]:
    peer = RawPeer(dataplane)
    peer.establish()
    yield peer
    peer.close()


@pytest.fixture
def listener(dataplane: Dataplane) -> Iterator[StreamPeer]:
    peer = StreamPeer(dataplane)
    peer.establish()
    yield peer
    peer.close()


def a_stranger(dataplane: Dataplane) -> socket.socket:
    stranger = socket.create_connection(("127.0.0.1", dataplane.local_tcp_port or 0), PATIENCE_S)
    stranger.settimeout(PATIENCE_S)
    return stranger


def is_closed(stranger: socket.socket) -> bool:
    """Waits for the end; whatever is sent to it before fails the caller."""
    try:
        return stranger.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def test_a_check_over_tcp_is_answered_and_fixes_the_connection(dataplane: Dataplane, listener: StreamPeer) -> None:
    assert wait_for_event(dataplane, lambda event: event.kind == "connected").id == listener.transport
    remote = dataplane.transport_stats(listener.transport).remote_address
    assert remote == f"127.0.0.1:{listener.port}/tcp"


def test_a_frame_cut_anywhere_is_one_frame(dataplane: Dataplane) -> None:
    peer = StreamPeer(dataplane)
    request = binding_request(username=f"{peer.ufrag}:x", password=peer.pwd, transaction=os.urandom(12))
    frame = len(request).to_bytes(2, "big") + request
    peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(len(frame)):
        peer.socket.sendall(frame[at : at + 1])
    assert peer.stun()
    peer.close()


def test_dtls_passes_both_ways_over_tcp_even_in_long_records(dataplane: Dataplane, listener: StreamPeer) -> None:
    record = b"\x16\xfe\xfd" + os.urandom(3000)
    assert dataplane.send_dtls(listener.transport, record)
    assert listener.dtls() == record
    listener.send(record)
    assert wait_for_event(dataplane, lambda event: event.kind == "dtls").data == record


def test_media_goes_from_udp_to_tcp_and_back(dataplane: Dataplane, publisher: RawPeer, listener: StreamPeer) -> None:
    open_audio(dataplane, publisher, listener)
    publisher.send_rtp(audio(1, b"to tcp"))
    assert listener.rtp().payload == b"to tcp"
    up_track = open_up(dataplane, listener)
    down_track = open_down(dataplane, publisher, up_track)
    dataplane.set_layer(down_track, 0)
    listener.send_rtp(video(1, is_key=True))
    assert publisher.rtp().ssrc == DOWN_SSRC


def test_a_peer_that_connects_anew_goes_on_and_the_first_connection_is_closed(
    dataplane: Dataplane, publisher: RawPeer, listener: StreamPeer
) -> None:
    open_audio(dataplane, publisher, listener)
    listener.socket.close()
    listener.connect_stream()
    listener.connect()
    publisher.send_rtp(audio(1, b"again"))
    assert listener.rtp().payload == b"again"
    assert dataplane.transport_stats(listener.transport).remote_address == f"127.0.0.1:{listener.port}/tcp"


def test_a_peer_may_move_between_udp_and_tcp(dataplane: Dataplane, publisher: RawPeer, listener: StreamPeer) -> None:
    open_audio(dataplane, publisher, listener)
    stream = listener.socket
    listener.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.socket.bind(("127.0.0.1", 0))
    RawPeer.send(
        listener, binding_request(username=f"{listener.ufrag}:x", password=listener.pwd, transaction=b"u" * 12)
    )
    assert listener.socket.recv(2048)[8:20] == b"u" * 12
    assert dataplane.transport_stats(listener.transport).remote_address == f"127.0.0.1:{listener.port}"
    listener.socket.close()
    listener.socket = stream
    listener.connect()
    publisher.send_rtp(audio(1, b"back"))
    assert listener.rtp().payload == b"back"


def test_a_closed_transport_closes_its_connection(dataplane: Dataplane, listener: StreamPeer) -> None:
    dataplane.close_transport(listener.transport)
    assert listener.is_closed_by_server()


def test_what_is_no_check_is_closed_without_a_word(dataplane: Dataplane) -> None:
    peer = StreamPeer(dataplane)
    wrong = binding_request(username=f"{peer.ufrag}:x", password="wrong" * 5, transaction=b"t" * 12)
    unknown = binding_request(username="nobody:x", password=peer.pwd, transaction=b"t" * 12)
    damaged = bytearray(binding_request(username=f"{peer.ufrag}:x", password=peer.pwd, transaction=b"t" * 12))
    damaged[-1] ^= 1
    packets = [wrong, unknown, bytes(damaged), b"", b"\x16\xfe\xfd" + bytes(60), b"\x80" * 40, bytes(20), bytes(1400)]
    streams = [len(packet).to_bytes(2, "big") + packet for packet in packets]
    streams += [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\xff" * 100,
        b"\x16\x03\x01\x02\x00\x01",
        b"\x05\xdc" + bytes(1500),
    ]
    for stream in streams:
        with a_stranger(dataplane) as stranger:
            stranger.sendall(stream)
            assert is_closed(stranger), stream[:20]
    peer.connect()
    peer.close()


def test_nonsense_after_a_good_beginning_ends_that_connection_alone(
    dataplane: Dataplane, publisher: RawPeer, listener: StreamPeer
) -> None:
    other = StreamPeer(dataplane)
    other.establish()
    open_audio(dataplane, publisher, other)
    listener.socket.sendall(b"\xff\xff" + bytes(70_000))
    assert listener.is_closed_by_server()
    publisher.send_rtp(audio(1, b"undisturbed"))
    assert other.rtp().payload == b"undisturbed"
    other.close()


def test_who_does_not_read_loses_its_own_media_and_nobody_elses(dataplane: Dataplane, publisher: RawPeer) -> None:
    sleeper, reader = StreamPeer(dataplane, receive_bytes=4096), StreamPeer(dataplane)
    for peer in (sleeper, reader):
        peer.establish()
    up_track = open_up(dataplane, publisher, kind="audio", codec="opus", clock_rate=48_000, rtx_payload_type=None)
    for ssrc, peer in ((50, sleeper), (60, reader)):
        open_down(dataplane, peer, up_track, ssrc=ssrc, rtx_ssrc=0, rtx_payload_type=0)
    for sequence in range(1, 4001):
        packet = audio(sequence, sequence.to_bytes(2, "big") * 500)
        publisher.send_rtp(packet)
        assert reader.rtp().payload[:2] == sequence.to_bytes(2, "big")
    # what it gets once it wakes up is whole frames of what was recent
    assert len(sleeper.rtp().payload) == 1000
    for peer in (sleeper, reader):
        peer.close()


def test_a_flood_of_silent_connections_does_not_keep_honest_peers_out(dataplane: Dataplane) -> None:
    with contextlib.ExitStack() as flood:
        strangers = [flood.enter_context(a_stranger(dataplane)) for _ in range(400)]
        peer = StreamPeer(dataplane)
        peer.connect()
        # those that came first had to go: one network has a share
        assert all(is_closed(stranger) for stranger in strangers[:100])
        peer.close()


def test_connections_leave_no_descriptor_behind(dataplane: Dataplane) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    peer = StreamPeer(dataplane)
    peer.connect()
    before = descriptors()
    for _ in range(50):
        with a_stranger(dataplane) as stranger:
            stranger.sendall(b"\0\1\xff")
            assert is_closed(stranger)
        peer.connect_stream()
        peer.connect()
    # the server closes a connection that its peer has closed as soon as it reads it
    dataplane.close_transport(peer.transport)
    assert peer.is_closed_by_server()
    assert descriptors() <= before + 2
    peer.close()


@pytest.mark.slow
def test_who_says_nothing_is_closed_after_ten_seconds(dataplane: Dataplane) -> None:
    with a_stranger(dataplane) as stranger:
        stranger.settimeout(20)
        assert is_closed(stranger)


def test_a_tcp_port_that_is_taken_is_said(dataplane: Dataplane) -> None:
    with pytest.raises(DataplaneError, match="bind_failed"):
        Dataplane(bind="127.0.0.1:0", tcp_bind=f"127.0.0.1:{dataplane.local_tcp_port}")
    with pytest.raises(DataplaneError, match="bad_argument"):
        Dataplane(bind="127.0.0.1:0", tcp_bind="nowhere")


def test_without_a_tcp_address_there_is_no_tcp_port() -> None:
    dataplane = Dataplane(bind="127.0.0.1:0")
    assert dataplane.local_tcp_port is None
    dataplane.close()
