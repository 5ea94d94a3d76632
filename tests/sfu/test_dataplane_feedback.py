"""What the data plane says and hears about media: levels, receipts, feedback, reports, counters."""

import dataclasses
import time
from collections import defaultdict

from sfu._dataplane import Dataplane, Receipt
from tests.sfu.raw_peer import PATIENCE_S, RawPeer, wait_until
from tests.sfu.raw_tracks import (
    DOWN_SSRC,
    TRANSPORT_CC,
    UP_SSRC,
    audio,
    open_audio,
    open_down,
    open_up,
    video,
    wait_for_packets,
)
from tests.sfu.wire import RTPFB, SENDER_REPORT, receiver_report, sender_report, transport_cc


class Ledger:
    """Keeps the newest receipt of each transport and second, as the consumer has to."""

    def __init__(self, dataplane: Dataplane) -> None:
        self.dataplane = dataplane
        self.newest: dict[tuple[int, int], Receipt] = {}

    def totals(self, transport: int) -> dict[str, int]:
        for receipt in self.dataplane.receipts():
            self.newest[receipt.transport, receipt.second] = receipt
        totals: dict[str, int] = defaultdict(int)
        for (owner, _), receipt in self.newest.items():
            if owner == transport:
                totals["sent"] += receipt.sent
                totals["acknowledged"] += receipt.acknowledged
                totals["received"] += receipt.received
                totals["heard"] += receipt.heard
        return totals


def test_levels_are_read_from_the_header_extension(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track, _ = open_audio(dataplane, publisher, subscriber)
    for sequence, level in enumerate([60, 20, 30, 127]):
        publisher.send_rtp(audio(sequence, level=level))
    wait_for_packets(dataplane, up_track, 4)
    (found,) = dataplane.audio_levels()
    assert (found.up_track, found.loudest_dbov, found.packets, found.active_packets) == (up_track, 20, 4, 2)
    assert dataplane.audio_levels() == []


def test_the_publisher_gets_transport_wide_feedback(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, _ = peers
    open_up(dataplane, publisher, extensions={"transport_cc": TRANSPORT_CC})
    for sequence in range(40):
        extensions = {TRANSPORT_CC: (500 + sequence).to_bytes(2, "big")}
        packet = video(sequence, is_key=sequence == 0)
        publisher.send_rtp(dataclasses.replace(packet, extensions=extensions))
    reported = 0
    while reported < 40:
        feedback = publisher.rtcp(lambda packet: packet.type == RTPFB and packet.count == 15)
        base, count = int.from_bytes(feedback.body[8:10], "big"), int.from_bytes(feedback.body[10:12], "big")
        assert base == 500 + reported
        reported += count


def test_receipts_count_what_was_sent_acknowledged_and_received(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    ledger = Ledger(dataplane)
    up_track = open_up(dataplane, publisher)
    down_track = open_down(dataplane, subscriber, up_track, extensions={"transport_cc": TRANSPORT_CC})
    dataplane.set_layer(down_track, 0)
    for sequence in range(10):
        publisher.send_rtp(video(sequence, is_key=sequence == 0))
    got = [subscriber.rtp() for _ in range(10)]
    numbers = [int.from_bytes(packet.extensions[TRANSPORT_CC], "big") for packet in got]
    assert numbers == [numbers[0] + index & 0xFFFF for index in range(10)]
    subscriber.send_rtcp(receiver_report(9, DOWN_SSRC, 0), transport_cc(9, DOWN_SSRC, numbers[0], 7))
    wait_until(lambda: ledger.totals(subscriber.transport)["acknowledged"] >= 7)
    wait_until(lambda: ledger.totals(publisher.transport)["received"] >= 10)
    assert ledger.totals(subscriber.transport)["acknowledged"] == 7
    assert ledger.totals(subscriber.transport)["sent"] == 10
    assert ledger.totals(subscriber.transport)["heard"] >= 1
    assert ledger.totals(publisher.transport)["sent"] == 0


def test_receiver_reports_acknowledge_where_there_is_no_transport_wide_feedback(
    dataplane: Dataplane, peers: list[RawPeer]
) -> None:
    publisher, subscriber = peers
    ledger = Ledger(dataplane)
    open_audio(dataplane, publisher, subscriber)
    for sequence in range(10):
        publisher.send_rtp(audio(sequence))
    got = [subscriber.rtp() for _ in range(10)]
    subscriber.send_rtcp(receiver_report(9, DOWN_SSRC, got[0].sequence))
    subscriber.send_rtcp(receiver_report(9, DOWN_SSRC, got[0].sequence + 8))
    wait_until(lambda: ledger.totals(subscriber.transport)["sent"] >= 10)
    wait_until(lambda: ledger.totals(subscriber.transport)["acknowledged"] >= 8)
    assert ledger.totals(subscriber.transport)["acknowledged"] <= 9


def test_who_sends_nothing_but_checks_is_heard(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    _, subscriber = peers
    ledger = Ledger(dataplane)
    wait_until(lambda: ledger.totals(subscriber.transport)["heard"] >= 1)
    assert ledger.totals(subscriber.transport)["received"] == 0


def test_the_subscriber_gets_sender_reports_on_its_own_clock(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    open_audio(dataplane, publisher, subscriber)
    publisher.send_rtcp(sender_report(UP_SSRC, 1 << 40, 480))
    deadline = time.monotonic() + PATIENCE_S
    sequence = 0
    while True:
        publisher.send_rtp(audio(sequence))
        packet = subscriber.rtp()
        sequence += 1
        if subscriber.has_rtcp(lambda packet: packet.type == SENDER_REPORT):
            break
        assert time.monotonic() < deadline
        time.sleep(0.02)
    report = subscriber.rtcp(lambda packet: packet.type == SENDER_REPORT)
    assert int.from_bytes(report.body[:4], "big") == DOWN_SSRC
    timestamp = int.from_bytes(report.body[12:16], "big")
    assert (packet.timestamp - timestamp + 48_000 * 20) & 0xFFFFFFFF < 48_000 * 40


def test_the_publisher_gets_receiver_reports(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, _ = peers
    open_up(dataplane, publisher)
    publisher.send_rtp(video(1, is_key=True))
    publisher.send_rtp(video(2))
    report = publisher.rtcp(lambda packet: packet.type in (SENDER_REPORT, 201) and packet.count == 1)
    block = report.body[4:] if report.type == 201 else report.body[24:]
    assert int.from_bytes(block[:4], "big") == UP_SSRC
    assert int.from_bytes(block[10:12], "big") == 2


def test_counters_count_packets_and_bytes(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, subscriber = peers
    up_track, down_track = open_audio(dataplane, publisher, subscriber)
    for sequence in range(5):
        publisher.send_rtp(audio(sequence, b"x" * 50))
    for _ in range(5):
        subscriber.rtp()
    up, down = dataplane.up_track_stats(up_track), dataplane.down_track_stats(down_track)
    assert (up.packets, up.bytes, up.duplicates, up.lost) == (5, 250, 0, 0)
    assert (down.packets, down.bytes) == (5, 250)
    assert dataplane.transport_stats(publisher.transport).packets_received == 5
    assert dataplane.transport_stats(subscriber.transport).packets_sent >= 5
    assert up.encodings[0].is_active and up.encodings[0].ssrc == UP_SSRC
