"""Archives read back: by our own recorder run to the end of a journal, and by foreign demuxers."""

import io
import json
import time
from pathlib import Path
from typing import Any

import av
import numpy as np

from recorder.config import RecorderConfig
from recorder.jobs import RoomJob
from recorder.notify import Outbox
from tests.support.clock_media import heard_hz, read, second_of


def a_config(data_dir: Path) -> RecorderConfig:
    return RecorderConfig(data_dir=data_dir)


def a_job(data_dir: Path, room: str = "s-one") -> RoomJob:
    config = a_config(data_dir)
    return RoomJob(config, room, Outbox(config.state_dir / "outbox"))


def record(data_dir: Path, room: str = "s-one") -> "Archive":
    """Runs a job until its archive is final or there is nothing more to read."""
    job = a_job(data_dir, room)
    while job.advance():
        pass
    job.advance()
    return Archive(data_dir / "archive" / room)


class Archive:
    """One room's archive on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.json: dict[str, Any] = json.loads((folder / "archive.json").read_bytes())

    def rendition(self, name: str) -> dict[str, Any]:
        return next(r for r in self.json["renditions"] if r["id"] == name)

    def playlist(self, name: str) -> list[str]:
        return (self.folder / name / "index.m3u8").read_text().splitlines()

    def parts(self, name: str) -> list[bytes]:
        """Each init segment followed by its segments, as a player would append them."""
        parts: list[bytes] = []
        for line in self.playlist(name):
            if line.startswith("#EXT-X-MAP"):
                parts.append((self.folder / name / line.split('"')[1]).read_bytes())
            elif not line.startswith("#"):
                parts[-1] += (self.folder / name / line).read_bytes()
        return parts

    def pictures(self, name: str) -> list[tuple[float, float | None]]:
        """(session second, second shown) of every picture of a rendition."""
        shown = []
        for part in self.parts(name):
            with av.open(io.BytesIO(part), "r") as container:
                for frame in container.decode(video=0):
                    assert frame.time is not None
                    shown.append((frame.time, read(frame.to_ndarray(format="gray"))))
        return shown

    def sound(self) -> tuple[float, Any]:
        """(session second of the first sample, all samples) of the mixed sound."""
        start, chunks = None, []
        for part in self.parts("audio"):
            with av.open(io.BytesIO(part), "r") as container:
                resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
                for frame in container.decode(audio=0):
                    start = frame.time if start is None else start
                    chunks += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
        assert start is not None
        return start, np.concatenate(chunks)

    def heard(self) -> dict[int, int | None]:
        """For each whole second: the second its pitch tells (modulo 40), None for silence."""
        start, samples = self.sound()
        heard: dict[int, int | None] = {}
        for second in range(int(start), int(start + len(samples) / 48_000)):
            at = round((second - start + 0.25) * 48_000)
            hertz = heard_hz(samples[at : at + 24_000])
            heard[second] = None if hertz is None else second_of(hertz)
        return heard

    def files(self) -> dict[str, bytes]:
        """Every file's bytes; archive.json without the time of its writing."""
        found = {str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*.*")}
        document = json.loads(found["archive.json"])
        del document["updated_ms"]
        return found | {"archive.json": json.dumps(document).encode()}


def wait_until(claim: Any, *, within_s: float = 90.0, what: str = "it never came true") -> None:
    deadline = time.monotonic() + within_s
    while not claim():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
