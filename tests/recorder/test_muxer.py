"""Containers as foreign demuxers see them: absolute times, durations, key flags, bytes unchanged."""

import io
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import pytest

from recorder.boxes import Sample
from recorder.depacketize.h264 import H264Depacketizer
from recorder.depacketize.vp8 import Vp8Depacketizer
from recorder.media import Container, VideoConfig
from recorder.muxer import AUDIO_MIME, container_of, init_bytes, init_suffix, mime_of, segment_bytes, segment_suffix
from recorder.segments import Segment
from tests.recorder.test_depacketize import packets_of, push_all
from tests.support.journal import pictures, sounds


def video_segment(codec: str, start_s: float) -> tuple[VideoConfig, Segment]:
    depacketizer = H264Depacketizer() if codec == "h264" else Vp8Depacketizer()
    frames = [f for packets in packets_of(codec, pictures(codec, 0, 2)) for f in push_all(depacketizer, packets)]
    config = frames[0].config
    assert config is not None
    scale = 90_000 if codec == "h264" else 1000
    samples = tuple(Sample(frame.data, scale // 10, frame.is_key) for frame in frames)
    return config, Segment(3, round(start_s * scale), scale, samples, config)


@pytest.mark.parametrize("codec", ["h264", "vp8"])
@pytest.mark.parametrize("start_s", [0.0, 37.0, 40_000.5])
def test_video_carries_absolute_session_time(codec: str, start_s: float) -> None:
    config, segment = video_segment(codec, start_s)

    with av.open(io.BytesIO(init_bytes(config) + segment_bytes(segment)), "r") as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        times = [float(p.pts * p.time_base) for p in packets if p.pts is not None and p.time_base is not None]

    assert [round(t - start_s, 3) for t in times] == [n / 10 for n in range(20)]
    assert [p.is_keyframe for p in packets] == [s.is_key for s in segment.samples]
    assert [bytes(p) for p in packets] == [s.data for s in segment.samples]
    assert (stream.width, stream.height) == (320, 180)
    assert packets[0].duration * packets[0].time_base == Fraction(1, 10)  # type: ignore[operator]


def test_sound_carries_absolute_session_time() -> None:
    packets = [payload for _, payload in sounds(0, 2)]
    segment = Segment(0, 37 * 48_000, 48_000, tuple(Sample(p, 960) for p in packets))

    with av.open(io.BytesIO(init_bytes(None) + segment_bytes(segment)), "r") as container:
        got = [packet for packet in container.demux(audio=0) if packet.size]

    assert [bytes(packet) for packet in got] == packets
    assert float(got[0].pts * got[0].time_base) == 37.0  # type: ignore[operator]
    assert float(got[-1].pts * got[-1].time_base) == 38.98  # type: ignore[operator]


def test_a_long_webm_segment_is_cut_into_clusters() -> None:
    config, segment = video_segment("vp8", 5.0)
    slow = Segment(0, 5000, 1000, tuple(Sample(s.data, 9000, s.is_key) for s in segment.samples), config)

    with av.open(io.BytesIO(init_bytes(config) + segment_bytes(slow)), "r") as container:
        times = [float(p.pts * p.time_base) for p in container.demux(video=0) if p.pts is not None and p.time_base]

    assert times == [5.0 + 9 * n for n in range(20)]


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_ffprobe_finds_nothing_to_complain_of(codec: str, tmp_path: Path) -> None:
    config, segment = video_segment(codec, 37.0)
    path = tmp_path / "x"
    path.write_bytes(init_bytes(config) + segment_bytes(segment))

    done = subprocess.run(["ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-"], capture_output=True, text=True)

    assert done.returncode == 0 and done.stderr == ""


def test_names_and_types_follow_the_codec() -> None:
    h264 = VideoConfig("h264", 2, 2, (b"\x67\x42\xc0\x1f",), (b"\x68",))
    vp8 = VideoConfig("vp8", 2, 2)

    assert mime_of(h264) == 'video/mp4; codecs="avc1.42c01f"'
    assert mime_of(vp8) == 'video/webm; codecs="vp8"'
    assert mime_of(None) == AUDIO_MIME
    assert [container_of(c) for c in (h264, vp8, None)] == [Container.FMP4, Container.WEBM, Container.FMP4]
    assert [init_suffix(c) for c in (h264, vp8, None)] == ["mp4", "webm", "mp4"]
    assert [segment_suffix(c) for c in (h264, vp8, None)] == ["m4s", "webm", "m4s"]
