"""Reads a replay back with a foreign demuxer: which second each picture and each sound of it tells."""

import io
from typing import Any

import av
import numpy as np

from tests.support.clock_media import SAMPLE_RATE, heard_hz, read, second_of
from tests.support.program import Person


async def download(person: Person, replay: dict[str, Any], rendition_id: str) -> list[bytes]:
    """The rendition's parts, each an initialisation followed by its segments, as the playlist lists them."""
    rendition = next(one for one in replay["manifest"]["renditions"] if one["id"] == rendition_id)
    base = replay["base_url"].rstrip("/") + "/"
    playlist = (await person.fetch(base + rendition["playlist"])).decode()
    folder = rendition["playlist"].rsplit("/", 1)[0] + "/" if "/" in rendition["playlist"] else ""
    parts: list[bytes] = []
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-MAP"):
            uri = line.split('URI="', 1)[1].split('"', 1)[0]
            parts.append(await person.fetch(base + folder + uri))
        elif line and not line.startswith("#"):
            parts[-1] += await person.fetch(base + folder + line)
    return parts


def pictures(parts: list[bytes]) -> list[tuple[float, float | None]]:
    """(media time, second shown) of every picture."""
    shown = []
    for part in parts:
        with av.open(io.BytesIO(part), "r") as container:
            for frame in container.decode(video=0):
                assert frame.time is not None
                shown.append((frame.time, read(frame.to_ndarray(format="gray"))))
    return shown


def sounds(parts: list[bytes]) -> dict[int, int]:
    """For each whole second of the media: the second (modulo 40) that its pitch tells; silence is left out."""
    heard: dict[int, int] = {}
    for part in parts:
        chunks: dict[int, list[Any]] = {}
        with av.open(io.BytesIO(part), "r") as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
            for frame in container.decode(audio=0):
                assert frame.time is not None
                # The middle of a second: its edges may belong to the neighbour.
                if 0.25 <= frame.time % 1 <= 0.75:
                    for piece in resampler.resample(frame):
                        chunks.setdefault(int(frame.time), []).append(piece.to_ndarray()[0])
        for second, pieces in chunks.items():
            samples = np.concatenate(pieces)
            hertz = heard_hz(samples) if len(samples) > SAMPLE_RATE // 5 else None
            if hertz is not None:
                heard[second] = second_of(hertz)
    return heard
