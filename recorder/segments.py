"""Cuts one video rendition into segments of about 2 s. Pure: frames in, segments out.

Rules: a segment starts at a key frame; only when none comes for `LONGEST_S` it may go on without one. A picture
stays until the next one comes, or is cut when that is later than `longest_picture_s`. A cut (also: camera off, track
gone) ends it, and the next segment starts at a key frame.
"""

from dataclasses import dataclass, field

from recorder.boxes import Sample
from recorder.media import Container, Frame, VideoConfig

TARGET_S = 2.0
LONGEST_S = 12.0
_SHORTEST_S = 0.001
# A picture before a cut is shown this long when nothing tells its length.
PICTURE_S = 0.04


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a rendition on the session clock; `config` is None for sound."""

    index: int
    start: int
    timescale: int
    samples: tuple[Sample, ...]
    config: VideoConfig | None = None
    is_discontinuous: bool = False

    @property
    def start_s(self) -> float:
        return self.start / self.timescale

    @property
    def duration_s(self) -> float:
        return sum(sample.duration for sample in self.samples) / self.timescale

    @property
    def starts_with_key(self) -> bool:
        return self.samples[0].is_key

    @property
    def size(self) -> int:
        return sum(len(sample.data) for sample in self.samples)


def timescale_of(config: VideoConfig) -> int:
    return 90_000 if config.container is Container.FMP4 else 1000


@dataclass(slots=True)
class Segmenter:
    frames: list[Frame] = field(default_factory=list)
    longest_picture_s: float = 3600.0
    next_index: int = 0
    last_s: float = -1.0
    config: VideoConfig | None = None
    end: tuple[int, int] = (0, 1)

    def push(self, frame: Frame) -> list[Segment]:
        """Takes the next frame; one that is not after the frame before it is moved just behind it."""
        if not self.frames and not frame.is_key and self.config is None:
            return []
        at_s = max(frame.at_s, self.last_s + _SHORTEST_S)
        frame = Frame(at_s, frame.data, frame.is_key, frame.config)
        self.last_s = at_s
        out: list[Segment] = []
        if self.frames and frame.is_key and at_s - self.frames[-1].at_s > self.longest_picture_s:
            out += self.cut(at_s)
        if self.frames and self._ends_before(frame):
            out.append(self._segment(at_s))
        self.frames.append(frame)
        self.config = frame.config
        return out

    def cut(self, at_s: float) -> list[Segment]:
        """Ends the picture at `at_s`; what comes later starts anew with a key frame."""
        out: list[Segment] = []
        if self.frames:
            last_s = self.frames[-1].at_s
            is_stale = at_s - last_s > self.longest_picture_s
            out.append(self._segment(last_s + PICTURE_S if is_stale else max(at_s, last_s + PICTURE_S)))
        self.config = None
        return out

    def _ends_before(self, frame: Frame) -> bool:
        if frame.config != self.config:
            return True
        length_s = frame.at_s - self.frames[0].at_s
        return frame.is_key and length_s >= TARGET_S - 0.1 or length_s >= LONGEST_S

    def _segment(self, end_s: float) -> Segment:
        frames, self.frames = self.frames, []
        config = frames[0].config
        scale = timescale_of(config)
        times = [round(frame.at_s * scale) for frame in frames] + [round(end_s * scale)]
        samples = tuple(
            Sample(frame.data, max(1, after - at), frame.is_key)
            for frame, at, after in zip(frames, times, times[1:], strict=False)
        )
        is_continued = self.end == (times[0], scale)
        segment = Segment(self.next_index, times[0], scale, samples, config, self.next_index > 0 and not is_continued)
        self.next_index += 1
        self.last_s = max(self.last_s, end_s - _SHORTEST_S)
        self.end = (times[-1], scale)
        return segment
