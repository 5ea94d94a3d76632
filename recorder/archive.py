"""archive.json: what the recorder has made of a room, as players and the LMS read it. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from recorder.muxer import container_of, mime_of
from recorder.renditions import Rendition
from recorder.thumbnails import INTERVAL_S
from recorder.tracks import Gap, TrackInfo

VERSION = 1
# Gaps of one rendition closer than this are one.
_JOIN_S = 0.5


class State(StrEnum):
    LIVE = "live"
    READY = "ready"
    PARTIAL = "partial"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self is not State.LIVE


@dataclass(slots=True)
class TrackEntry:
    info: TrackInfo
    rendition: str
    start_s: float | None = None
    end_s: float | None = None


@dataclass(slots=True)
class GapEntry:
    gap: Gap
    rendition: str


@dataclass(slots=True)
class ChatLine:
    at_s: float
    identity: str
    name: str
    text: str


@dataclass(slots=True)
class Contents:
    """Everything of the archive but the media."""

    room: str = ""
    room_sid: str = ""
    zero_ms: int = 0
    state: State = State.LIVE
    error: str = ""
    duration_s: float = 0.0
    tracks: list[TrackEntry] = field(default_factory=list)
    gaps: list[GapEntry] = field(default_factory=list)
    chat: list[ChatLine] = field(default_factory=list)

    def add_gap(self, gap: Gap, rendition: str) -> None:
        """Notes a hole; one that follows closely on another of its kind makes that longer."""
        for entry in reversed(self.gaps[-20:]):
            same = entry.rendition == rendition and entry.gap.reason == gap.reason
            end = entry.gap.start_s + entry.gap.length_s
            if same and gap.start_s - end < _JOIN_S and gap.start_s >= entry.gap.start_s:
                length = max(end, gap.start_s + gap.length_s) - entry.gap.start_s
                entry.gap = Gap(entry.gap.start_s, length, gap.reason)
                return
        self.gaps.append(GapEntry(gap, rendition))


def document(
    contents: Contents, renditions: list[Rendition], thumbnails: list[tuple[float, str]], updated_ms: int
) -> bytes:
    """The file's bytes."""
    return orjson.dumps(
        {
            "version": VERSION,
            "room": contents.room,
            "zero_ms": contents.zero_ms,
            "state": contents.state.value,
            "error": contents.error,
            "duration_s": round(contents.duration_s, 3),
            "updated_ms": updated_ms,
            "tracks": [_track(entry) for entry in contents.tracks],
            "renditions": [_rendition(rendition) for rendition in renditions if rendition.entries],
            "gaps": [_gap(entry) for entry in sorted(contents.gaps, key=lambda e: e.gap.start_s)],
            "thumbnails": {
                "interval_s": INTERVAL_S,
                "files": [{"at_s": at_s, "file": file} for at_s, file in thumbnails],
            },
            "chat": [
                {"at_s": round(line.at_s, 3), "identity": line.identity, "name": line.name, "text": line.text}
                for line in contents.chat
            ],
        }
    )


def _track(entry: TrackEntry) -> dict[str, Any]:
    info = entry.info
    return {
        "id": info.sid,
        "identity": info.identity,
        "name": info.name,
        "kind": info.kind,
        "source": info.source,
        "codec": info.codec,
        "rendition": entry.rendition,
        "start_s": _rounded(entry.start_s),
        "end_s": _rounded(entry.end_s),
    }


def _rendition(rendition: Rendition) -> dict[str, Any]:
    first = next(iter(rendition.inits))
    return {
        "id": rendition.id,
        "kind": rendition.kind,
        "mime": mime_of(first),
        "container": container_of(first).value,
        "playlist": f"{rendition.id}/index.m3u8",
        "bandwidth": rendition.bandwidth_bps,
        "start_s": _rounded(rendition.entries[0].start_s),
        "end_s": _rounded(rendition.end_s),
        "inits": [{"file": name, "mime": mime_of(config)} for config, name in rendition.inits.items()],
    }


def _gap(entry: GapEntry) -> dict[str, Any]:
    gap = entry.gap
    return {
        "start_s": _rounded(gap.start_s),
        "length_s": _rounded(gap.length_s),
        "reason": gap.reason,
        "rendition": entry.rendition,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
