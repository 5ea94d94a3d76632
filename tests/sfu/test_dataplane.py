"""Transports of the data plane over real sockets: checks, keys, DTLS, junk, refusals."""

import os
import secrets
import select
from collections.abc import Iterator
from typing import Any

import pytest

from sfu._dataplane import PROFILES, Dataplane, DataplaneError
from tests.sfu.raw_peer import RawPeer, raw_peers, wait_for_event
from tests.sfu.wire import binding_request, mapped_port

KEYS = {"local_key": bytes(16), "local_salt": bytes(12), "remote_key": bytes(16), "remote_salt": bytes(12)}
AUDIO: dict[str, Any] = {
    "kind": "audio",
    "codec": "opus",
    "clock_rate": 48_000,
    "payload_type": 111,
    "rtx_payload_type": None,
    "mid": "0",
    "extensions": {},
    "encodings": [("", 1000, 0)],
}
DOWN: dict[str, Any] = {
    "ssrc": 2000,
    "rtx_ssrc": 0,
    "payload_type": 111,
    "rtx_payload_type": 0,
    "mid": "0",
    "extensions": {},
}


@pytest.fixture
def peer(dataplane: Dataplane) -> Iterator[RawPeer]:
    peer = RawPeer(dataplane)
    yield peer
    peer.close()


def refusal_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(DataplaneError) as refusal:
        call(*args, **kwargs)
    code, sentence = refusal.value.args
    assert sentence
    return str(code)


def test_a_binding_request_is_answered_and_fixes_the_address(dataplane: Dataplane, peer: RawPeer) -> None:
    assert dataplane.transport_stats(peer.transport).remote_address == ""
    peer.connect()
    assert wait_for_event(dataplane, lambda event: event.kind == "connected").id == peer.transport
    stats = dataplane.transport_stats(peer.transport)
    assert stats.remote_address == f"127.0.0.1:{peer.port}"
    assert stats.is_connected


def test_a_second_check_makes_no_second_event(dataplane: Dataplane, peer: RawPeer) -> None:
    peer.connect()
    wait_for_event(dataplane, lambda event: event.kind == "connected")
    peer.connect()
    assert dataplane.drain_events() == []


def test_a_wrong_password_proves_nothing(dataplane: Dataplane, peer: RawPeer) -> None:
    peer.check(pwd="wrong" * 5)
    peer.check(ufrag="unknown")
    transaction = peer.check()
    assert mapped_port(peer.stun()[:], password=peer.pwd, transaction=transaction) == peer.port
    assert [event.kind for event in dataplane.drain_events()] == ["connected"]


def test_a_checked_new_address_takes_over(dataplane: Dataplane, peer: RawPeer) -> None:
    peer.establish()
    moved = RawPeer.__new__(RawPeer)
    moved.__dict__.update(peer.__dict__)
    moved.socket = type(peer.socket)(peer.socket.family, peer.socket.type)
    moved.socket.bind(("127.0.0.1", 0))
    moved.connect()
    assert dataplane.transport_stats(peer.transport).remote_address == f"127.0.0.1:{moved.port}"
    assert dataplane.send_dtls(peer.transport, b"\x16to the new place")
    assert moved.dtls() == b"\x16to the new place"
    moved.close()


def test_restarted_credentials_take_over_and_the_old_ones_are_spent(dataplane: Dataplane, peer: RawPeer) -> None:
    peer.connect()
    old = (peer.ufrag, peer.pwd)
    peer.ufrag, peer.pwd = secrets.token_hex(4), secrets.token_hex(16)
    dataplane.restart_ice(peer.transport, local_ufrag=peer.ufrag, local_pwd=peer.pwd)
    # the path in use goes on
    assert dataplane.send_dtls(peer.transport, b"\x16meanwhile")
    assert peer.dtls() == b"\x16meanwhile"
    peer.connect()
    peer.check(ufrag=old[0], pwd=old[1])
    transaction = peer.check()
    assert mapped_port(peer.stun(), password=peer.pwd, transaction=transaction) == peer.port
    assert dataplane.transport_stats(peer.transport).is_connected


def test_dtls_passes_both_ways_once_the_address_is_proven(dataplane: Dataplane, peer: RawPeer) -> None:
    hello = b"\x16\xfe\xfd" + bytes(50)
    assert not dataplane.send_dtls(peer.transport, hello)
    peer.connect()
    assert dataplane.send_dtls(peer.transport, hello)
    assert peer.dtls() == hello
    peer.send(hello[::-1])
    peer.send(hello)
    event = wait_for_event(dataplane, lambda event: event.kind == "dtls")
    assert (event.id, event.data) == (peer.transport, hello)


def test_dtls_from_an_unproven_address_is_dropped(dataplane: Dataplane, peer: RawPeer) -> None:
    stranger = RawPeer(dataplane)
    peer.connect()
    wait_for_event(dataplane, lambda event: event.kind == "connected")
    stranger.send(b"\x16\xfe\xfd" + bytes(50))
    peer.connect()
    assert dataplane.drain_events() == []
    stranger.close()


def test_the_event_descriptor_is_readable_while_events_wait(dataplane: Dataplane, peer: RawPeer) -> None:
    poll = select.poll()
    poll.register(dataplane.event_fd(), select.POLLIN)
    assert poll.poll(0) == []
    peer.connect()
    assert poll.poll(10_000)
    assert dataplane.drain_events()
    assert poll.poll(0) == []


def junk(pwd: str) -> Iterator[bytes]:
    """Every first byte, several lengths; then damaged checks."""
    for first in range(256):
        for length in (1, 2, 11, 12, 19, 20, 60, 1400):
            yield bytes([first]) + os.urandom(length - 1)
    good = binding_request(username="a:b", password=pwd, transaction=bytes(12))
    for at in range(len(good)):
        yield good[:at]
        yield good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :]


def test_junk_changes_nothing(dataplane: Dataplane) -> None:
    with raw_peers(dataplane, 2) as (publisher, subscriber):
        up_track = dataplane.open_up_track(publisher.transport, **AUDIO)
        dataplane.open_down_track(subscriber.transport, up_track, **DOWN)
        wait_for_event(dataplane, lambda event: event.id == subscriber.transport)
        stranger = RawPeer(dataplane)
        for index, datagram in enumerate(junk(publisher.pwd)):
            (stranger, publisher, subscriber)[index % 3].send(datagram)
            if index % 50 == 0:
                stranger.connect()
        stranger.close()
        kinds = {event.kind for event in dataplane.drain_events()}
        assert kinds <= {"dtls", "connected"}
        assert dataplane.up_track_stats(up_track).packets == 0
        for peer in (publisher, subscriber):
            assert dataplane.transport_stats(peer.transport).remote_address == f"127.0.0.1:{peer.port}"
            assert dataplane.transport_stats(peer.transport).packets_received == 0
            peer.connect()


def test_unknown_ids_are_refused_by_name(dataplane: Dataplane, peer: RawPeer) -> None:
    up_track = dataplane.open_up_track(peer.transport, **AUDIO)
    assert refusal_of(dataplane.set_keys, 999, profile=PROFILES[0], **KEYS) == "unknown_transport"
    assert refusal_of(dataplane.send_dtls, 999, b"\x16") == "unknown_transport"
    assert refusal_of(dataplane.restart_ice, 999, local_ufrag="u", local_pwd="p") == "unknown_transport"
    assert refusal_of(dataplane.open_up_track, 999, **AUDIO) == "unknown_transport"
    assert refusal_of(dataplane.open_down_track, 999, up_track, **DOWN) == "unknown_transport"
    assert refusal_of(dataplane.open_down_track, peer.transport, 999, **DOWN) == "unknown_up_track"
    assert refusal_of(dataplane.set_layer, 999, 0) == "unknown_down_track"
    assert refusal_of(dataplane.set_up_track_muted, 999, True) == "unknown_up_track"
    assert refusal_of(dataplane.request_key_frame, 999) == "unknown_up_track"
    assert refusal_of(dataplane.transport_stats, 999) == "unknown_transport"
    assert refusal_of(dataplane.up_track_stats, 999) == "unknown_up_track"
    assert refusal_of(dataplane.down_track_stats, 999) == "unknown_down_track"
    assert refusal_of(dataplane.append_event, 999, b"{}") == "unknown_journal"
    assert refusal_of(dataplane.record, 999, up_track, 1) == "unknown_journal"
    assert refusal_of(dataplane.journal_stats, 999) == "unknown_journal"


def test_closing_what_is_gone_is_nothing(dataplane: Dataplane, peer: RawPeer) -> None:
    up_track = dataplane.open_up_track(peer.transport, **AUDIO)
    down_track = dataplane.open_down_track(peer.transport, up_track, **DOWN)
    dataplane.close_transport(peer.transport)
    dataplane.close_transport(peer.transport)
    dataplane.close_up_track(up_track)
    dataplane.close_down_track(down_track)
    dataplane.stop_recording(1, up_track)
    dataplane.close_journal(1)
    assert refusal_of(dataplane.up_track_stats, up_track) == "unknown_up_track"
    assert refusal_of(dataplane.down_track_stats, down_track) == "unknown_down_track"


def test_ids_are_never_used_again(dataplane: Dataplane) -> None:
    seen = set()
    for number in range(50):
        transport = dataplane.open_transport(local_ufrag=f"u{number:04}", local_pwd="p" * 22)
        assert transport > 0 and transport not in seen
        seen.add(transport)
        dataplane.close_transport(transport)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "text"},
        {"clock_rate": 0},
        {"payload_type": 128},
        {"encodings": []},
        {"encodings": [("a", 0, 0)] * 5},
        {"extensions": {"mid": 15}},
        {"extensions": {"mid": 0}},
        {"extensions": {"color": 3}},
    ],
)
def test_an_impossible_track_is_refused(dataplane: Dataplane, peer: RawPeer, changes: dict[str, Any]) -> None:
    assert refusal_of(dataplane.open_up_track, peer.transport, **AUDIO | changes) == "bad_argument"


@pytest.mark.parametrize(
    ("profile", "changes"),
    [
        ("NULL", {}),
        (PROFILES[0], {"local_key": bytes(15)}),
        (PROFILES[0], {"remote_salt": bytes(14)}),
        (PROFILES[1], {}),
    ],
)
def test_impossible_keys_are_refused(
    dataplane: Dataplane, peer: RawPeer, profile: str, changes: dict[str, bytes]
) -> None:
    assert refusal_of(dataplane.set_keys, peer.transport, profile=profile, **KEYS | changes) == "bad_argument"


def test_a_taken_ufrag_is_refused(dataplane: Dataplane, peer: RawPeer) -> None:
    taken = {"local_ufrag": peer.ufrag, "local_pwd": "p" * 22}
    assert refusal_of(dataplane.open_transport, **taken) == "bad_argument"
    assert refusal_of(dataplane.restart_ice, peer.transport, **taken) == "bad_argument"


def test_an_address_in_use_is_refused(dataplane: Dataplane) -> None:
    assert refusal_of(Dataplane, bind=f"127.0.0.1:{dataplane.local_port}") == "bind_failed"


@pytest.mark.parametrize(("bind", "threads"), [("nowhere", 1), ("127.0.0.1:0", 0), ("127.0.0.1:0", 65)])
def test_impossible_settings_are_refused(bind: str, threads: int) -> None:
    assert refusal_of(Dataplane, bind=bind, threads=threads) == "bad_argument"


def test_after_closing_every_call_says_so(dataplane: Dataplane, peer: RawPeer) -> None:
    dataplane.close()
    dataplane.close()
    assert refusal_of(dataplane.open_transport, local_ufrag="abcd", local_pwd="p" * 22) == "closed"
    assert refusal_of(dataplane.transport_stats, peer.transport) == "closed"
    assert refusal_of(dataplane.receipts) == "closed"
