"""Whole sessions through the recorder: what the archive shows and sounds like at each session second."""

import io
import os
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.recorder.archives import record
from tests.support.clock_media import read
from tests.support.journal import ZERO_MS, Script, teacher


def assert_pictures_tell_time(pictures: list[tuple[float, float | None]], count: int) -> None:
    assert len(pictures) >= count
    wrong = [(at, shown) for at, shown in pictures if shown is None or abs(at - shown) > 0.1]
    assert not wrong


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_every_picture_stands_at_its_second(tmp_path: Path, codec: str) -> None:
    teacher(12, codec=codec).write(tmp_path)

    archive = record(tmp_path)

    assert archive.json["state"] == "ready"
    assert_pictures_tell_time(archive.pictures("camera-1"), 120)
    assert_pictures_tell_time(archive.pictures("speaker"), 120)


def test_every_tone_stands_at_its_second(tmp_path: Path) -> None:
    teacher(12).write(tmp_path)

    archive = record(tmp_path)

    assert archive.heard() == {second: second for second in range(12)}


def test_a_late_joiner_stands_at_its_true_offset(tmp_path: Path) -> None:
    script = teacher(14)
    script.join(5.0, "binh")
    script.track(5.2, 3, "binh", "camera", "vp8")
    script.film(3, 5.3, 14, codec="vp8")
    script.write(tmp_path)

    archive = record(tmp_path)

    pictures = archive.pictures("camera-2")
    assert_pictures_tell_time(pictures, 80)
    assert 5.2 < pictures[0][0] < 5.5
    (track,) = [t for t in archive.json["tracks"] if t["id"] == "TR_3"]
    assert abs(track["start_s"] - 5.35) < 0.06
    assert track["rendition"] == "camera-2"
    assert archive.rendition("camera-2")["container"] == "webm"


def test_a_camera_turned_off_leaves_a_hole_and_comes_back_at_its_second(tmp_path: Path) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.track(0, 1, "ana", "camera", "h264")
    script.film(1, 0, 6)
    script.event(6.1, "track_muted", track=1, muted=True)
    script.event(15, "track_muted", track=1, muted=False)
    script.film(1, 15, 20)
    script.close(20).write(tmp_path)

    archive = record(tmp_path)

    pictures = archive.pictures("camera-1")
    assert_pictures_tell_time(pictures, 110)
    assert not [at for at, _ in pictures if 6.2 < at < 15]
    assert "#EXT-X-DISCONTINUITY" in archive.playlist("camera-1")
    assert archive.json["state"] == "ready"


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_after_lost_packets_pictures_resume_at_a_key_frame_and_the_gap_is_told(tmp_path: Path, codec: str) -> None:
    script = teacher(16, codec=codec)
    script.drop(2, 6.3, 8.2)
    script.write(tmp_path)

    archive = record(tmp_path)

    pictures = archive.pictures("camera-1")
    assert_pictures_tell_time(pictures, 120)
    assert not [at for at, _ in pictures if 6.4 < at < 9.9]
    gaps = [gap for gap in archive.json["gaps"] if gap["rendition"] == "camera-1"]
    assert [gap["reason"] for gap in gaps] == ["packet_loss"]
    assert abs(gaps[0]["start_s"] - 6.25) < 0.15 and abs(gaps[0]["start_s"] + gaps[0]["length_s"] - 10) < 0.15
    assert archive.json["state"] == "ready"


def test_lost_sound_is_silence_of_its_length(tmp_path: Path) -> None:
    script = teacher(12)
    script.drop(1, 4.0, 7.0)
    script.write(tmp_path)

    archive = record(tmp_path)

    assert archive.heard() == {s: None if s in (4, 5, 6) else s for s in range(12)}
    gaps = [gap for gap in archive.json["gaps"] if gap["rendition"] == "audio"]
    assert len(gaps) == 1 and abs(gaps[0]["length_s"] - 3.0) < 0.1


def test_a_microphone_with_discontinuous_sending_keeps_its_place(tmp_path: Path) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.track(0, 1, "ana", "microphone", "opus")
    script.speak(1, 0, 3)
    script.speak(1, 7, 10)
    script.close(12).write(tmp_path)

    archive = record(tmp_path)

    assert archive.heard() == {s: s if s < 3 or 7 <= s < 10 else None for s in range(12)}
    assert archive.json["gaps"] == []


def test_two_microphones_and_a_shared_sound_are_heard_together(tmp_path: Path) -> None:
    script = Script().open()
    for number, who, source in ((1, "ana", "microphone"), (2, "binh", "microphone"), (3, "binh", "screen_share_audio")):
        script.join(0, who)
        script.track(0, number, who, source, "opus")
    script.speak(1, 0, 4)
    script.speak(2, 4, 8)
    script.speak(3, 8, 12)
    script.close(12).write(tmp_path)

    assert record(tmp_path).heard() == {s: s for s in range(12)}


def test_the_speaker_rendition_follows_whoever_is_loudest(tmp_path: Path) -> None:
    script = Script().open()
    for number, who, size in ((1, "ana", (320, 180)), (2, "binh", (640, 360))):
        script.join(0, who)
        script.track(0, number, who, "camera", "h264")
        script.film(number, 0, 16, size=size)
    script.event(1.0, "speakers", sids=["PA_ana"])
    script.event(7.0, "speakers", sids=["PA_binh", "PA_ana"])
    script.close(16).write(tmp_path)

    archive = record(tmp_path)

    assert_pictures_tell_time(archive.pictures("speaker"), 155)
    assert sizes(archive.parts("speaker")) == [320, 640]
    maps = [line for line in archive.playlist("speaker") if line.startswith("#EXT-X-MAP")]
    assert maps == ['#EXT-X-MAP:URI="init-0.mp4"', '#EXT-X-MAP:URI="init-1.mp4"']
    second = archive.parts("speaker")[1]
    with av.open(io.BytesIO(second), "r") as container:
        first = next(container.decode(video=0))
    assert first.time is not None and 8.0 <= first.time <= 10.2


def sizes(parts: list[bytes]) -> list[int]:
    widths = []
    for part in parts:
        with av.open(io.BytesIO(part), "r") as container:
            widths.append(container.streams.video[0].width)
    return widths


def test_speakers_with_different_codecs_share_one_rendition(tmp_path: Path) -> None:
    script = Script().open()
    for number, who, codec in ((1, "ana", "h264"), (2, "binh", "vp8")):
        script.join(0, who)
        script.track(0, number, who, "camera", codec)
        script.film(number, 0, 14, codec=codec)
    script.event(6.0, "speakers", sids=["PA_binh"])
    script.event(10.0, "speakers", sids=["PA_ana"])
    script.close(14).write(tmp_path)

    archive = record(tmp_path)

    assert_pictures_tell_time(archive.pictures("speaker"), 130)
    files = [init["file"] for init in archive.rendition("speaker")["inits"]]
    assert files == ["init-0.mp4", "init-1.webm"]
    assert [line for line in archive.playlist("speaker") if "MAP" in line].count('#EXT-X-MAP:URI="init-0.mp4"') == 2


def test_a_shared_screen_is_its_own_rendition_with_its_own_thumbnails(tmp_path: Path) -> None:
    script = teacher(20)
    script.track(6, 3, "ana", "screen_share", "vp8")
    script.film(3, 6, 14, codec="vp8", size=(640, 360))
    script.event(14.1, "track_closed", track=3)
    script.write(tmp_path)

    archive = record(tmp_path)

    screen = archive.pictures("screen")
    assert_pictures_tell_time(screen, 78)
    assert screen[0][0] >= 6 and screen[-1][0] < 14.2
    files = archive.json["thumbnails"]["files"]
    assert [int(f["at_s"]) // 5 for f in files] == [0, 1, 2]
    for file in files:
        image = Image.open(archive.folder / file["file"])
        shown = read(np.asarray(image.convert("L")))
        assert image.width == 320 and shown is not None and abs(shown - file["at_s"]) < 0.2


def test_resolution_and_encoding_changes_open_a_new_init(tmp_path: Path) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.track(0, 1, "ana", "camera", "h264")
    for index, size in enumerate(((320, 180), (640, 360), (180, 320), (320, 180))):
        script.senders[1].ssrc = 1000 + index
        script.senders[1].base = 77_777 * index
        script.film(1, 4 * index, 4 * index + 4, size=size)
    script.close(16).write(tmp_path)

    archive = record(tmp_path)

    assert_pictures_tell_time([p for p in archive.pictures("camera-1") if not 8 <= p[0] < 12], 118)
    assert sizes(archive.parts("camera-1")) == [320, 640, 180, 320]
    assert len(archive.rendition("camera-1")["inits"]) == 3


def test_chat_stands_in_the_archive_at_its_second(tmp_path: Path) -> None:
    script = teacher(4)
    script.event(2.5, "chat", identity="ana", name="Ana", text="chào các bạn")
    script.write(tmp_path)

    (line,) = record(tmp_path).json["chat"]

    assert line == {"at_s": 2.5, "identity": "ana", "name": "Ana", "text": "chào các bạn"}


def test_a_session_without_media_fails_with_a_reason(tmp_path: Path) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.close(5).write(tmp_path)

    archive = record(tmp_path)

    assert archive.json["state"] == "failed"
    assert archive.json["error"] == "no media was recorded"


def test_a_track_encrypted_end_to_end_is_a_gap_and_the_rest_is_recorded(tmp_path: Path) -> None:
    script = teacher(8)
    script.join(1, "binh")
    fields = {"sid": "TR_3", "participant_sid": "PA_binh", "identity": "binh", "clock_rate": 90000}
    script.event(
        2,
        "track_opened",
        track=3,
        kind="video",
        source="camera",
        codec="vp8",
        payload_type=96,
        encrypted=True,
        **fields,
    )
    for second in range(3, 6):
        script.add(2, second, 3, bytes([0x80, 96]) + bytes(10) + bytes([0x10]) + os.urandom(200))
    script.event(6, "track_closed", track=3)
    script.write(tmp_path)

    archive = record(tmp_path)

    assert archive.json["state"] == "ready"
    (gap,) = archive.json["gaps"]
    assert (gap["reason"], gap["rendition"]) == ("encrypted", "speaker")
    assert abs(gap["start_s"] - 2) < 0.1 and abs(gap["length_s"] - 4) < 0.1
    (track,) = [each for each in archive.json["tracks"] if each["id"] == "TR_3"]
    assert track["rendition"] == "" and abs(track["end_s"] - 6) < 0.1
    assert_pictures_tell_time(archive.pictures("camera-1"), 75)


def test_a_session_encrypted_end_to_end_says_so(tmp_path: Path) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.event(
        1, "track_opened", track=1, kind="audio", source="microphone", codec="opus", payload_type=111, encrypted=True
    )
    script.close(5).write(tmp_path)

    archive = record(tmp_path)

    assert (archive.json["state"], archive.json["error"]) == ("failed", "the media is encrypted end to end")
    assert [(gap["reason"], gap["length_s"]) for gap in archive.json["gaps"]] == [("encrypted", 4)]


def test_a_codec_we_do_not_record_is_told_and_the_rest_is_recorded(tmp_path: Path) -> None:
    script = teacher(4)
    script.track(1, 3, "ana", "screen_share", "av1")
    script.write(tmp_path)

    archive = record(tmp_path)

    assert archive.json["state"] == "ready"
    assert [(g["reason"], g["rendition"]) for g in archive.json["gaps"]] == [("unsupported_codec", "screen_share")]


def leave_dead(run: Path) -> None:
    """As if the last record had been written a while ago."""
    for piece in run.glob("*.jnl"):
        os.utime(piece, (0, 0))


def test_a_node_that_died_leaves_a_gap_and_its_successor_goes_on_with_the_same_clock(tmp_path: Path) -> None:
    first = teacher(8)
    first.lines = [line for line in first.lines if line.at_s < 7.5]
    leave_dead(first.write(tmp_path))
    waiting = record(tmp_path)
    assert waiting.json["state"] == "live"
    assert_pictures_tell_time(waiting.pictures("camera-1"), 74)

    second = Script().open(15)
    second.join(15, "ana")
    second.track(15.1, 1, "ana", "microphone", "opus")
    second.track(15.1, 2, "ana", "camera", "h264")
    second.speak(1, 16, 20)
    second.film(2, 16, 20)
    second.close(20).write(tmp_path, run_at_s=15)

    archive = record(tmp_path)

    assert archive.json["state"] == "partial"
    assert archive.json["zero_ms"] == ZERO_MS
    assert abs(archive.json["duration_s"] - 20) < 0.1
    assert_pictures_tell_time(archive.pictures("camera-1"), 110)
    assert {s: h for s, h in archive.heard().items() if s != 7} == {
        s: s if s < 7 or s >= 16 else None for s in range(20) if s != 7
    }
    (gap,) = [gap for gap in archive.json["gaps"] if gap["rendition"] == "all"]
    assert gap["reason"] == "node_restart"
    assert abs(gap["start_s"] - 7.5) < 0.1 and abs(gap["start_s"] + gap["length_s"] - 15) < 0.1


def test_a_dead_room_that_is_only_closed_later_is_not_longer_for_it(tmp_path: Path) -> None:
    first = teacher(8)
    first.lines = [line for line in first.lines if line.at_s < 7.5]
    first.write(tmp_path)
    Script().open(5000).close(5000.1).write(tmp_path, run_at_s=5000)

    archive = record(tmp_path)

    assert archive.json["state"] == "ready"
    assert abs(archive.json["duration_s"] - 7.5) < 0.1
    assert archive.playlist("audio")[-1] == "#EXT-X-ENDLIST"


def test_a_recording_that_was_stopped_may_be_started_again(tmp_path: Path) -> None:
    teacher(6).write(tmp_path)
    assert record(tmp_path).json["state"] == "ready"
    again = Script().open(10)
    again.join(10, "ana")
    again.track(10, 7, "ana", "camera", "h264")
    again.film(7, 10, 14)
    again.close(14).write(tmp_path, run_at_s=10)

    archive = record(tmp_path)

    assert archive.json["state"] == "ready"
    assert [gap["reason"] for gap in archive.json["gaps"]] == ["not_recorded"]
    assert_pictures_tell_time(archive.pictures("camera-1"), 98)


def test_damaged_bytes_cost_little_and_are_told(tmp_path: Path) -> None:
    run = teacher(12).write(tmp_path)
    piece = run / "000000.jnl"
    data = bytearray(piece.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 700] = bytes(range(256)) * 2 + bytes(188)
    piece.write_bytes(bytes(data))

    archive = record(tmp_path)

    assert archive.json["state"] == "partial"
    assert "journal_damaged" in [gap["reason"] for gap in archive.json["gaps"]]
    assert_pictures_tell_time(archive.pictures("camera-1"), 95)
    assert sum(1 for s, heard in archive.heard().items() if heard == s) >= 11


def test_nonsense_events_and_packets_disturb_nobody(tmp_path: Path) -> None:
    script = teacher(6)
    for payload in (b"", b"{", b"[]", b"7", b'{"event":"track_opened"}', b'{"event":["x"]}', b'{"event":"speakers"}'):
        script.add(1, 1.0, 0, payload)
    for payload in (b"", b"\x80", bytes(12), b"\xff" * 40, b"\x90\x66" + bytes(10) + b"\0\0\xff\xff"):
        for number in (1, 2, 99):
            script.add(2, 2.0, number, payload)
            script.add(3, 2.0, number, payload)
    script.write(tmp_path)

    archive = record(tmp_path)

    assert archive.json["state"] == "ready"
    assert_pictures_tell_time(archive.pictures("camera-1"), 60)
    assert archive.heard() == {s: s for s in range(6)}


def test_the_same_journal_makes_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        teacher(8).write(folder, piece_bytes=50_000)

    assert record(one).files() == record(two).files()


def test_the_clock_starts_with_the_room_when_the_recording_began_later(tmp_path: Path) -> None:
    script = Script()
    script.event(3.0, "opened", room="s-one", sid="RM_one", at_ms=ZERO_MS)
    script.join(3.0, "ana")
    script.track(3.0, 1, "ana", "microphone", "opus")
    script.track(3.0, 2, "ana", "camera", "h264")
    script.speak(1, 3.1, 8)
    script.film(2, 3.1, 8)
    script.close(8).write(tmp_path, run_at_s=3.0)

    archive = record(tmp_path)

    assert archive.json["zero_ms"] == ZERO_MS
    assert_pictures_tell_time(archive.pictures("camera-1"), 49)
    assert archive.heard() == {s: None if s < 3 else s for s in range(8)}


@pytest.mark.parametrize("at_ms", [0, ZERO_MS + 60_000, ZERO_MS - 90_000_000])
def test_an_absurd_beginning_is_not_believed(tmp_path: Path, at_ms: int) -> None:
    script = teacher(4)
    script.lines = [line for line in script.lines if b'"opened"' not in line.payload]
    script.event(-0.001, "opened", room="s-one", sid="RM_one", at_ms=at_ms)
    script.write(tmp_path)

    archive = record(tmp_path)

    assert archive.json["zero_ms"] == ZERO_MS
    assert_pictures_tell_time(archive.pictures("camera-1"), 40)
