"""Tracks that change under way: sizes, SSRCs, codecs, frame lengths, screens opened and closed again and again."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext

from tests.recorder.archives import record
from tests.recorder.test_recording import assert_pictures_tell_time, sizes
from tests.support.clock_media import tone
from tests.support.journal import Script

SIZES = ((160, 90), (320, 180), (640, 360), (180, 320))


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_forty_changes_of_size_are_all_decodable(tmp_path: Path, codec: str) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.track(0, 1, "ana", "camera", codec)
    for second in range(40):
        script.film(1, second, second + 1, codec=codec, size=SIZES[second % 4])
    script.close(40).write(tmp_path)

    archive = record(tmp_path)

    wide = [(at, shown) for at, shown in archive.pictures("camera-1") if int(at - 0.051) % 4 != 3]
    assert_pictures_tell_time(wide, 295)
    assert sizes(archive.parts("camera-1")) == [SIZES[n % 4][0] for n in range(40)]
    assert len(archive.rendition("camera-1")["inits"]) == 4
    assert archive.json["gaps"] == []


def test_layers_switched_to_and_fro_follow_the_key_frames(tmp_path: Path) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.track(0, 1, "ana", "camera", "vp8")
    bases = {1001: (4_000_000_000, 10), (1002): (7, 60_000)}
    for start in range(0, 24, 4):
        ssrc = 1001 if start % 8 == 0 else 1002
        sender = script.senders[1]
        sender.ssrc, (sender.base, sender.sequence) = ssrc, bases[ssrc]
        script.film(1, start, start + 4, codec="vp8", size=(320, 180) if ssrc == 1001 else (640, 360))
        bases[ssrc] = (sender.base, sender.sequence)
    script.close(24).write(tmp_path)

    archive = record(tmp_path)

    assert_pictures_tell_time(archive.pictures("camera-1"), 238)
    assert sizes(archive.parts("camera-1")) == [320, 640] * 3


def test_a_screen_shared_fifty_times_has_fifty_spans(tmp_path: Path) -> None:
    script = Script().open()
    script.join(0, "ana")
    for n in range(50):
        script.track(2 * n, n + 1, "ana", "screen_share", "h264")
        script.film(n + 1, 2 * n, 2 * n + 1)
        script.event(2 * n + 1.2, "track_closed", track=n + 1)
    script.close(100).write(tmp_path)

    archive = record(tmp_path)

    assert_pictures_tell_time(archive.pictures("screen"), 500)
    assert archive.playlist("screen").count("#EXT-X-DISCONTINUITY") == 49
    assert len(archive.rendition("screen")["inits"]) == 1
    assert [t["rendition"] for t in archive.json["tracks"]] == ["screen"] * 50


def test_a_codec_changed_by_publishing_anew_goes_on_in_the_same_rendition(tmp_path: Path) -> None:
    script = Script().open()
    script.join(0, "ana")
    for number, codec in enumerate(("vp8", "h264", "vp8"), start=1):
        start = 4.0 * (number - 1)
        script.track(start, number, "ana", "camera", codec)
        script.film(number, start, start + 4, codec=codec)
        script.event(start + 4, "track_closed", track=number)
    script.close(13).write(tmp_path)

    archive = record(tmp_path)

    assert_pictures_tell_time(archive.pictures("camera-1"), 118)
    assert [i["file"] for i in archive.rendition("camera-1")["inits"]] == ["init-0.webm", "init-1.mp4"]


@pytest.mark.parametrize(("frame_ms", "layout"), [("10", "mono"), ("20", "stereo"), ("60", "mono")])
def test_opus_of_any_frame_length_and_layout_is_heard_at_its_second(tmp_path: Path, frame_ms: str, layout: str) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.track(0, 1, "ana", "microphone", "opus")
    sender = script.senders[1]
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, layout, "s16"
    encoder.time_base = Fraction(1, 48_000)
    encoder.options = {"application": "audio", "frame_duration": frame_ms}
    samples = 48 * int(frame_ms)
    for index in range(8 * 48_000 // samples):
        at_s = index * samples / 48_000
        pcm = np.repeat(tone(at_s, samples), 2 if layout == "stereo" else 1).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout=layout)
        frame.sample_rate = 48_000
        for packet in encoder.encode(frame):
            script.add(2, at_s + 0.03, 1, sender.packets([bytes(packet)], at_s)[0])
    script.close(8).write(tmp_path)

    archive = record(tmp_path)

    assert archive.heard() == {second: second for second in range(8)}


def test_reordered_and_repeated_packets_make_the_same_pictures(tmp_path: Path) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.track(0, 1, "ana", "camera", "h264")
    script.film(1, 0, 10, size=(640, 360))
    media = [line for line in script.lines if line.kind == 2]
    for index, line in enumerate(media):
        if index % 7 == 3:
            line.at_s += 0.25
        if index % 11 == 5:
            script.add(2, line.at_s + 0.1, 1, line.payload)
    script.close(11).write(tmp_path)

    archive = record(tmp_path)

    assert_pictures_tell_time(archive.pictures("camera-1"), 100)
    assert archive.json["gaps"] == []
