"""From packets on a socket to frames in a journal."""

import time
from pathlib import Path

import pytest

from sfu._dataplane import Dataplane, DataplaneError
from tests.sfu.journal_reader import EVENT, RTP, SENDER_REPORT, Frame, read_run
from tests.sfu.raw_peer import PATIENCE_S, RawPeer
from tests.sfu.raw_tracks import (
    UP_SSRC,
    audio,
    filler,
    open_audio,
    open_up,
    resent,
    video,
)
from tests.sfu.wire import PSFB, Rtp, sender_report

RUN = "1790000000000"


def recorded_packets(folder: Path, count: int) -> list[Frame]:
    deadline = time.monotonic() + PATIENCE_S
    while len(frames := [frame for frame in read_run(folder) if frame.type == RTP]) < count:
        assert time.monotonic() < deadline, f"{len(frames)} of {count} packets"
        time.sleep(0.01)
    return frames


def test_audio_is_written_as_it_came(dataplane: Dataplane, peers: list[RawPeer], tmp_path: Path) -> None:
    publisher, subscriber = peers
    up_track, _ = open_audio(dataplane, publisher, subscriber)
    journal = dataplane.open_journal(str(tmp_path / RUN))
    dataplane.record(journal, up_track, 4)
    before = time.time_ns()
    sent = [audio(sequence, b"speech %d" % sequence) for sequence in range(65_530, 65_542)]
    for packet in sent:
        publisher.send_rtp(packet)
    frames = recorded_packets(tmp_path / RUN, 12)
    assert [frame.payload for frame in frames] == [packet.pack() for packet in sent]
    assert {frame.track for frame in frames} == {4}
    arrivals = [frame.arrival_ns for frame in frames]
    assert arrivals == sorted(arrivals)
    assert before - 5e6 <= arrivals[0] and arrivals[-1] <= time.time_ns() + 5e6


def test_a_repaired_packet_stands_in_its_place(dataplane: Dataplane, peers: list[RawPeer], tmp_path: Path) -> None:
    publisher, _ = peers
    up_track = open_up(dataplane, publisher)
    journal = dataplane.open_journal(str(tmp_path / RUN))
    dataplane.record(journal, up_track, 1)
    publisher.send_rtp(video(1, is_key=True))
    publisher.send_rtp(video(3))
    lost = video(2)
    publisher.send_rtp(resent(lost))
    packets = [Rtp.parse(frame.payload) for frame in recorded_packets(tmp_path / RUN, 3)]
    assert [packet.sequence for packet in packets] == [1, 2, 3]
    assert {(packet.ssrc, packet.payload_type) for packet in packets} == {(UP_SSRC, lost.payload_type)}
    assert packets[1].payload == lost.payload


def test_a_gap_that_is_never_filled_holds_nothing_up(
    dataplane: Dataplane, peers: list[RawPeer], tmp_path: Path
) -> None:
    publisher, _ = peers
    up_track = open_up(dataplane, publisher)
    dataplane.record(dataplane.open_journal(str(tmp_path / RUN)), up_track, 1)
    publisher.send_rtp(video(1, is_key=True))
    publisher.send_rtp(video(3))
    frames = recorded_packets(tmp_path / RUN, 2)
    assert [Rtp.parse(frame.payload).sequence for frame in frames] == [1, 3]


def test_the_best_encoding_is_written_from_a_key_frame_on(
    dataplane: Dataplane, peers: list[RawPeer], tmp_path: Path
) -> None:
    publisher, _ = peers
    up_track = open_up(dataplane, publisher, encodings=[("q", 0, 0), ("f", 0, 0)])
    dataplane.record(dataplane.open_journal(str(tmp_path / RUN)), up_track, 1)
    publisher.send_rtp(video(1, ssrc=11, rid="q"))
    publisher.rtcp(lambda packet: packet.type == PSFB and packet.count == 1)
    publisher.send_rtp(video(2, ssrc=11, rid="q", is_key=True))
    publisher.send_rtp(video(50, ssrc=12, rid="f"))
    publisher.send_rtp(video(3, ssrc=11, rid="q"))
    publisher.send_rtp(video(51, ssrc=12, rid="f", is_key=True))
    publisher.send_rtp(video(4, ssrc=11, rid="q"))
    publisher.send_rtp(video(52, ssrc=12, rid="f"))
    packets = [Rtp.parse(frame.payload) for frame in recorded_packets(tmp_path / RUN, 4)]
    assert [filler(packet) for packet in packets] == [b"11:2", b"11:3", b"12:51", b"12:52"]


def test_sender_reports_are_written(dataplane: Dataplane, peers: list[RawPeer], tmp_path: Path) -> None:
    publisher, subscriber = peers
    up_track, _ = open_audio(dataplane, publisher, subscriber)
    dataplane.record(dataplane.open_journal(str(tmp_path / RUN)), up_track, 9)
    publisher.send_rtp(audio(1))
    publisher.send_rtcp(sender_report(UP_SSRC, 0x0102030405060708, 960))
    publisher.send_rtp(audio(2))
    recorded_packets(tmp_path / RUN, 2)
    (report,) = [frame for frame in read_run(tmp_path / RUN) if frame.type == SENDER_REPORT]
    assert report.track == 9
    expected = UP_SSRC.to_bytes(4, "little") + (0x0102030405060708).to_bytes(8, "little") + (960).to_bytes(4, "little")
    assert report.payload == expected


def test_packets_lie_between_the_events_around_them(dataplane: Dataplane, peers: list[RawPeer], tmp_path: Path) -> None:
    publisher, subscriber = peers
    up_track, _ = open_audio(dataplane, publisher, subscriber)
    journal = dataplane.open_journal(str(tmp_path / RUN))
    for number in range(30):
        dataplane.append_event(journal, b'{"event":"track_opened"}')
        dataplane.record(journal, up_track, 1)
        publisher.send_rtp(audio(number))
        subscriber.rtp()
        dataplane.stop_recording(journal, up_track)
        dataplane.append_event(journal, b'{"event":"track_closed"}')
    dataplane.close()
    kinds = [frame.type for frame in read_run(tmp_path / RUN)]
    assert kinds == [EVENT, RTP, EVENT] * 30


def test_what_is_held_back_is_written_when_recording_stops(
    dataplane: Dataplane, peers: list[RawPeer], tmp_path: Path
) -> None:
    publisher, subscriber = peers
    up_track, _ = open_audio(dataplane, publisher, subscriber)
    journal = dataplane.open_journal(str(tmp_path / RUN))
    dataplane.record(journal, up_track, 1)
    publisher.send_rtp(audio(1))
    publisher.send_rtp(audio(3, b"behind the gap"))
    subscriber.rtp(lambda packet: packet.payload == b"behind the gap")
    dataplane.close_journal(journal)
    frames = recorded_packets(tmp_path / RUN, 2)
    assert Rtp.parse(frames[-1].payload).payload == b"behind the gap"


def test_recording_an_unknown_track_is_refused(dataplane: Dataplane, tmp_path: Path) -> None:
    journal = dataplane.open_journal(str(tmp_path / RUN))
    with pytest.raises(DataplaneError) as refusal:
        dataplane.record(journal, 999, 1)
    assert refusal.value.args[0] == "unknown_up_track"
