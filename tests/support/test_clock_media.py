"""The coding itself: what is drawn and sounded is read back, also after a lossy codec."""

import av
import numpy as np
import pytest

from tests.support.clock_media import SAMPLE_RATE, draw, heard_hz, pitch_hz, read, second_of, tone


@pytest.mark.parametrize("second", [0.0, 0.1, 7.3, 59.9, 180.0, 409.5])
@pytest.mark.parametrize("size", [(320, 180), (160, 90), (640, 360)])
def test_a_picture_is_read_back(second: float, size: tuple[int, int]) -> None:
    assert read(draw(second, *size)) == second


def test_nothing_is_read_from_other_pictures() -> None:
    assert read(np.full((180, 320), 235, np.uint8)) is None
    assert read(np.random.default_rng(1).integers(0, 255, (180, 320), np.uint8)) is None


def test_a_picture_survives_a_hard_codec() -> None:
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.bit_rate = 320, 180, "yuv420p", 60_000
    decoder = av.CodecContext.create("vp8", "r")
    packets = []
    for index in range(20):
        frame = av.VideoFrame.from_ndarray(draw(index / 10), format="gray").reformat(format="yuv420p")
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    shown = [read(frame.to_ndarray(format="gray")) for packet in packets for frame in decoder.decode(packet)]
    assert len(shown) == 20
    assert shown == pytest.approx([index / 10 for index in range(20)])


@pytest.mark.parametrize("second", [0, 1, 39, 75])
def test_a_tone_is_heard(second: int) -> None:
    heard = heard_hz(tone(second, SAMPLE_RATE // 2))
    assert heard == pytest.approx(pitch_hz(second), abs=3)
    assert heard is not None and second_of(heard) == second % 40


def test_silence_is_heard_as_none() -> None:
    assert heard_hz(np.zeros(4800, np.int16)) is None
