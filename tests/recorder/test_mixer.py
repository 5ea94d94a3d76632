"""The mix: sounds at their sample, silence elsewhere, nothing clipped, the same bytes across resets and restarts."""

import pickle

import av
import numpy as np
from numpy.typing import NDArray

from recorder.boxes import Sample
from recorder.mixer import FRAME, SILENCE, Mixer
from tests.support.clock_media import heard_hz, pitch_hz
from tests.support.journal import sounds


def add(mixer: Mixer, track: int, start_s: float, end_s: float, *, at_s: float | None = None) -> None:
    shift = 0.0 if at_s is None else at_s - start_s
    for index, (second, payload) in enumerate(sounds(start_s, end_s)):
        mixer.add(track, second + shift, payload, is_after_hole=index == 0)


def decoded(samples: list[Sample]) -> NDArray[np.float64]:
    codec = av.CodecContext.create("libopus", "r")
    codec.sample_rate, codec.layout = 48_000, "mono"  # type: ignore[attr-defined]
    parts = [frame.to_ndarray()[0] for s in samples for frame in codec.decode(av.Packet(s.data))]  # type: ignore[union-attr]
    return np.concatenate(parts).astype(np.float64)


def onset_s(pcm: NDArray[np.float64]) -> float:
    return float(np.argmax(np.abs(pcm) > 2000)) / 48_000


def test_silence_costs_three_bytes_a_frame_and_no_encoder() -> None:
    mixer = Mixer()

    assert mixer.advance(10.0) == [Sample(SILENCE, FRAME)] * 500
    assert mixer.cursor == 480_000
    assert not decoded([Sample(SILENCE, FRAME)] * 5).any()


def test_a_sound_starts_at_its_second() -> None:
    mixer = Mixer()
    add(mixer, 1, 3.0, 4.0, at_s=1.25)

    assert abs(onset_s(decoded(mixer.advance(3.0))) - 1.25) < 0.02


def test_two_sounds_are_heard_at_once_and_nothing_is_clipped() -> None:
    mixer = Mixer()
    for track in range(1, 7):
        add(mixer, track, float(track), track + 1.0, at_s=0.0)
    pcm = decoded(mixer.advance(0.9))[9600:]

    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    strongest = {round(i * 48_000 / len(pcm) / 50) * 50 for i in np.argsort(spectrum)[-12:]}
    assert {pitch_hz(second) for second in range(1, 7)} <= strongest
    assert np.abs(pcm).max() < 32767


def test_what_comes_too_late_is_left_out_and_the_rest_stays_in_place() -> None:
    mixer = Mixer()
    early = mixer.advance(1.5)
    add(mixer, 1, 1.0, 3.0)
    pcm = decoded(early + mixer.advance(3.0))

    assert abs(onset_s(pcm) - 1.5) < 0.04
    assert heard_hz(pcm[2 * 48_000 + 9600 : 3 * 48_000 - 9600]) == pitch_hz(2)


def test_a_clock_that_runs_off_is_followed_by_stretching() -> None:
    mixer = Mixer()
    for index, (_, payload) in enumerate(sounds(0, 20)):
        # The sender's 20 ms are 20.02 ms of ours.
        mixer.add(1, index * 0.02002, payload, is_after_hole=index == 0)
    pcm = decoded(mixer.advance(20.0))

    assert heard_hz(pcm[round(19.3 * 48_000) : round(19.8 * 48_000)]) is not None
    boundary = round(19.019 * 48_000)
    before, after = pcm[boundary - 9600 : boundary - 1200], pcm[boundary + 1200 : boundary + 9600]
    heard_before, heard_after = heard_hz(before), heard_hz(after)
    assert heard_before is not None and abs(heard_before - pitch_hz(18)) < 12
    assert heard_after is not None and abs(heard_after - pitch_hz(19)) < 12


def test_a_reset_is_not_heard_and_a_restored_mixer_goes_on_with_the_same_bytes() -> None:
    one = Mixer()
    add(one, 1, 0.0, 2.0)
    before = one.advance(1.9)
    one.reset()
    other: Mixer = pickle.loads(pickle.dumps(one))
    for mixer in (one, other):
        add(mixer, 1, 2.0, 4.0)
    rest, same = one.advance(4.0), other.advance(4.0)

    assert rest == same
    pcm = decoded(before + rest)
    seam = pcm[round(1.85 * 48_000) : round(1.97 * 48_000)]
    assert np.abs(np.diff(seam)).max() < 1500
    assert abs(np.sqrt(np.mean(seam**2)) - np.sqrt(np.mean(pcm[48_000:72_000] ** 2))) < 700


def test_noise_is_no_sound() -> None:
    mixer = Mixer()
    for payload in (b"\xff\xff\xff", b"\x03", b"\x00" * 3):
        mixer.add(1, 0.0, payload, is_after_hole=True)

    assert len(mixer.advance(1.0)) == 50


def test_skipping_leaves_time_out() -> None:
    mixer = Mixer()
    add(mixer, 1, 1.0, 2.0, at_s=7200.0)
    mixer.advance(1.0)
    mixer.skip_to(7200 * 48_000)
    add(mixer, 2, 1.0, 2.0, at_s=7200.0)

    assert abs(onset_s(decoded(mixer.advance(7201.0)))) < 0.02
