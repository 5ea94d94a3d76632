"""HLS media playlists (RFC 8216) of a rendition, growing while the session is live. Pure.

Every segment states its wall time (EXT-X-PROGRAM-DATE-TIME), from which zero_ms taken off leaves session seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

# A segment that starts without a key frame and goes on from the one before it.
CONTINUES = "#EXT-X-LOPHOP-CONTINUES"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One segment as the playlist lists it."""

    file: str
    init: str
    start_s: float
    duration_s: float
    is_discontinuous: bool
    starts_with_key: bool


def entry_lines(entry: Entry, before: Entry | None, zero_ms: int) -> str:
    """The lines of one segment; they depend only on it and the one before it."""
    lines = []
    if before is not None and (entry.is_discontinuous or entry.init != before.init):
        lines.append("#EXT-X-DISCONTINUITY")
    if before is None or entry.init != before.init:
        lines.append(f'#EXT-X-MAP:URI="{entry.init}"')
    if not entry.starts_with_key:
        lines.append(CONTINUES)
    lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{wall_time(zero_ms, entry.start_s)}")
    lines.append(f"#EXTINF:{entry.duration_s:.3f},")
    lines.append(entry.file)
    return "\n".join(lines) + "\n"


def playlist(body: str, entries: Sequence[Entry], *, is_ended: bool) -> str:
    """The whole playlist from the lines of its segments."""
    target = max((ceil(entry.duration_s) for entry in entries), default=2)
    head = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(2, target)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if is_ended else 'EVENT'}",
    ]
    return "\n".join(head) + "\n" + body + ("#EXT-X-ENDLIST\n" if is_ended else "")


def wall_time(zero_ms: int, at_s: float) -> str:
    moment = _EPOCH + timedelta(milliseconds=zero_ms + round(at_s * 1000))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
