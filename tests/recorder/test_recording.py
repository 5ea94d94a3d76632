"""Whole sessions through the recorder: what the archive shows and sounds like at each session second."""

from pathlib import Path

import pytest

from tests.recorder.archives import record
from tests.support.journal import teacher


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
