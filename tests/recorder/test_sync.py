"""Sound and picture together: marks of one person and of several stand at the same second, whatever the line does."""

import random
from pathlib import Path

import numpy as np
import pytest

from tests.recorder.archives import Archive, record
from tests.support.clock_media import STEP_HZ, heard_hz, pitch_hz
from tests.support.journal import Line, Script

LENGTH_S = 24


def two_people() -> Script:
    script = Script().open()
    for number, who in ((1, "ana"), (3, "binh")):
        script.join(0, who)
        script.track(0, number, who, "camera", "h264")
        script.track(0, number + 1, who, "microphone", "opus")
    script.film(1, 0, LENGTH_S)
    script.film(3, 0, LENGTH_S, codec="h264")
    script.speak(2, 0, LENGTH_S)
    return script.close(LENGTH_S + 1)


def picture_errors(archive: Archive, name: str) -> list[float]:
    return [at - shown for at, shown in archive.pictures(name) if shown is not None]


def sound_errors(archive: Archive) -> list[float]:
    """For each whole second: how far from it the pitch changes, found to 10 ms."""
    start, samples = archive.sound()
    errors = []
    for second in range(3, LENGTH_S - 1):
        for offset in range(-25, 26):
            at = round((second - start + offset / 100) * 48_000)
            hertz = heard_hz(samples[at : at + 2400])
            if hertz is not None and abs(hertz - pitch_hz(second)) < STEP_HZ / 2:
                errors.append(offset / 100 + 0.025)
                break
    return errors


def jitter(script: Script, seed: int, spread_s: float) -> None:
    """Delays every packet by its own chance, keeping a stream's order as a network mostly does."""
    rng = random.Random(seed)
    latest: dict[int, float] = {}
    moved = []
    for line in sorted(script.lines):
        at_s = line.at_s
        if line.kind != 1:
            at_s = max(latest.get(line.track, 0.0), at_s + rng.expovariate(1 / spread_s))
            latest[line.track] = at_s
        moved.append(Line(at_s, line.order, line.kind, line.track, line.payload))
    script.lines = moved


def test_a_clean_line_keeps_sound_and_picture_within_40_ms(tmp_path: Path) -> None:
    two_people().write(tmp_path)
    archive = record(tmp_path)

    seen, heard = picture_errors(archive, "camera-1"), sound_errors(archive)
    assert len(heard) >= 0.95 * (LENGTH_S - 4)
    assert abs(float(np.median(seen)) - float(np.median(heard))) < 0.04


def test_jitter_and_loss_keep_them_within_80_ms(tmp_path: Path) -> None:
    script = two_people()
    jitter(script, 5, 0.06)
    rng = random.Random(6)
    script.lines = [line for line in script.lines if line.kind != 2 or line.track != 2 or rng.random() > 0.03]
    script.write(tmp_path)
    archive = record(tmp_path)

    seen, heard = picture_errors(archive, "camera-1"), sound_errors(archive)
    assert abs(float(np.median(seen[50:])) - float(np.median(heard))) < 0.08
    assert max(np.abs(np.array(seen[50:]) - np.median(seen[50:]))) < 0.12


def test_two_cameras_agree_within_40_ms(tmp_path: Path) -> None:
    two_people().write(tmp_path)
    archive = record(tmp_path)

    one, other = picture_errors(archive, "camera-1"), picture_errors(archive, "camera-2")
    assert abs(float(np.median(one)) - float(np.median(other))) < 0.04


@pytest.mark.parametrize("delay_s", [0.0, 0.35])
def test_a_slow_picture_is_pulled_to_its_sound_by_the_reports(tmp_path: Path, delay_s: float) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.track(0, 1, "ana", "camera", "vp8")
    script.track(0, 2, "ana", "microphone", "opus")
    script.film(1, 0, LENGTH_S, codec="vp8", delay_s=0.05 + delay_s)
    script.speak(2, 0, LENGTH_S)
    script.close(LENGTH_S + 1).write(tmp_path)

    archive = record(tmp_path)

    seen, heard = picture_errors(archive, "camera-1"), sound_errors(archive)
    assert abs(float(np.median(seen[-100:])) - float(np.median(heard))) < 0.05


def test_without_reports_arrival_places_everything(tmp_path: Path) -> None:
    script = two_people()
    script.lines = [line for line in script.lines if line.kind != 3]
    script.write(tmp_path)
    archive = record(tmp_path)

    assert abs(float(np.median(picture_errors(archive, "camera-1"))) - 0.05) < 0.02
    assert abs(float(np.median(sound_errors(archive))) - 0.03) < 0.04


def test_what_a_stalled_line_delivers_late_is_heard_and_seen_at_its_second(tmp_path: Path) -> None:
    script = two_people()
    for line in script.lines:
        if line.kind != 1 and line.track in (1, 2) and 10.0 <= line.at_s < 13.0:
            line.at_s = 13.0 + line.order / 1e6
    script.write(tmp_path)
    archive = record(tmp_path)

    assert archive.heard() == {s: s if s < LENGTH_S else None for s in range(LENGTH_S + 1)}
    assert max(np.abs(picture_errors(archive, "camera-1"))) < 0.15
    assert archive.json["gaps"] == []
