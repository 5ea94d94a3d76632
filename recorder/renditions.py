"""What a viewer can choose from: the mixed sound, the speaker, the screen, each camera. Media in, files out. Pure
but for the codecs of the mixer.
"""

from dataclasses import dataclass, field

from recorder import muxer
from recorder.boxes import AUDIO_TIMESCALE, Sample
from recorder.media import Frame, VideoConfig
from recorder.mixer import FRAME, Mixer
from recorder.playlist import Entry, entry_lines, playlist
from recorder.segments import Segment, Segmenter

_SOUND_SEGMENT = 2 * AUDIO_TIMESCALE
# A hole in the whole session longer than this is left out of the sound, not filled with silence.
LONGEST_SILENCE_S = 3600.0


@dataclass(frozen=True, slots=True)
class File:
    """A file of the archive; `path` is relative to the archive's folder."""

    path: str
    data: bytes


@dataclass(slots=True)
class Rendition:
    """The files and the playlist of one rendition."""

    id: str
    kind: str
    zero_ms: int
    inits: dict[VideoConfig | None, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    size: int = 0
    is_dirty: bool = False

    def add(self, segment: Segment) -> list[File]:
        """Lists a segment; returns its file, and its init segment when that is new."""
        files: list[File] = []
        init = self.inits.get(segment.config)
        if init is None:
            init = f"init-{len(self.inits)}.{muxer.init_suffix(segment.config)}"
            self.inits[segment.config] = init
            files.append(File(f"{self.id}/{init}", muxer.init_bytes(segment.config)))
        name = f"{segment.index:05d}.{muxer.segment_suffix(segment.config)}"
        entry = Entry(
            name, init, segment.start_s, segment.duration_s, segment.is_discontinuous, segment.starts_with_key
        )
        self.lines.append(entry_lines(entry, self.entries[-1] if self.entries else None, self.zero_ms))
        self.entries.append(entry)
        self.size += segment.size
        self.is_dirty = True
        return [*files, File(f"{self.id}/{name}", muxer.segment_bytes(segment))]

    def playlist(self, *, is_ended: bool) -> File:
        text = playlist("".join(self.lines), self.entries, is_ended=is_ended)
        return File(f"{self.id}/index.m3u8", text.encode())

    @property
    def end_s(self) -> float:
        return self.entries[-1].start_s + self.entries[-1].duration_s if self.entries else 0.0

    @property
    def bandwidth_bps(self) -> int:
        seconds = sum(entry.duration_s for entry in self.entries)
        return round(8 * self.size / seconds) if seconds else 0


@dataclass(slots=True)
class VideoRendition(Rendition):
    segmenter: Segmenter = field(default_factory=Segmenter)

    def push(self, frame: Frame) -> list[File]:
        return [file for segment in self.segmenter.push(frame) for file in self.add(segment)]

    def cut(self, at_s: float) -> list[File]:
        return [file for segment in self.segmenter.cut(at_s) for file in self.add(segment)]


@dataclass(slots=True)
class AudioRendition(Rendition):
    mixer: Mixer = field(default_factory=Mixer)
    samples: list[Sample] = field(default_factory=list)
    start: int = 0
    next_index: int = 0
    has_skipped: bool = False

    def advance(self, until_s: float) -> list[File]:
        """Lets the sound run up to `until_s`."""
        if until_s * AUDIO_TIMESCALE - self.mixer.cursor < FRAME:
            return []
        files: list[File] = []
        if until_s - self.mixer.cursor / AUDIO_TIMESCALE > LONGEST_SILENCE_S:
            files += self._skip_to(until_s)
        for sample in self.mixer.advance(until_s):
            self.samples.append(sample)
            if (self.start + FRAME * len(self.samples)) % _SOUND_SEGMENT == 0:
                files += self.flush()
        return files

    def _skip_to(self, until_s: float) -> list[File]:
        files = self.flush()
        self.start = round(until_s * AUDIO_TIMESCALE) // _SOUND_SEGMENT * _SOUND_SEGMENT
        self.mixer.skip_to(self.start)
        self.has_skipped = True
        return files

    def flush(self) -> list[File]:
        """Closes the segment in the making."""
        if not self.samples:
            return []
        segment = Segment(self.next_index, self.start, AUDIO_TIMESCALE, tuple(self.samples), None, self.has_skipped)
        self.next_index += 1
        self.start += FRAME * len(self.samples)
        self.samples = []
        self.has_skipped = False
        return self.add(segment)
