"""Library items and the replay manifest, as the API shows them (the manifest mirrors the recorder's archive.json)."""

from typing import Annotated

from msgspec import Meta, Struct

from lms.attendance.schemas import CoverageView
from lms.sessions.schemas import ReplayState
from lms.web.schemas import Link, Moment


class LibraryQuery(Struct, frozen=True, kw_only=True):
    query: Annotated[str, Meta(max_length=200)] = ""


class LibraryItem(Struct, frozen=True, kw_only=True):
    id: str
    session_id: str
    title: str
    course: Link
    host_name: str
    held_at: Moment
    duration_s: float
    state: ReplayState
    thumbnail_url: str | None


class LibraryList(Struct, frozen=True, kw_only=True):
    items: list[LibraryItem]


class ArchivedTrack(Struct, frozen=True, kw_only=True):
    id: str
    identity: str = ""
    name: str = ""
    kind: str = ""
    source: str = ""
    codec: str = ""
    rendition: str | None = None
    start_s: float | None = 0.0
    end_s: float | None = None


class Init(Struct, frozen=True, kw_only=True):
    """The head a player needs before the segments that follow it."""

    file: str
    mime: str


class Rendition(Struct, frozen=True, kw_only=True):
    id: str
    kind: str
    mime: str
    container: str
    playlist: str
    bandwidth: int = 0
    start_s: float | None = 0.0
    end_s: float | None = 0.0
    inits: list[Init] = []


class Gap(Struct, frozen=True, kw_only=True):
    start_s: float
    length_s: float
    reason: str = ""
    rendition: str | None = None


class Thumbnail(Struct, frozen=True, kw_only=True):
    at_s: float
    file: str


class Thumbnails(Struct, frozen=True, kw_only=True):
    interval_s: float = 5.0
    files: list[Thumbnail] = []


class ChatLine(Struct, frozen=True, kw_only=True):
    at_s: float
    identity: str = ""
    name: str
    text: str


class Archive(Struct, frozen=True, kw_only=True):
    version: int
    room: str
    zero_ms: int
    state: str
    duration_s: float
    updated_ms: int
    error: str | None = None
    tracks: list[ArchivedTrack] = []
    renditions: list[Rendition] = []
    gaps: list[Gap] = []
    thumbnails: Thumbnails = Thumbnails()
    chat: list[ChatLine] = []


class ReplayView(Struct, frozen=True, kw_only=True):
    """`manifest` is null until the recorder has written something; `base_url` ends with a slash."""

    session_id: str
    title: str
    state: ReplayState
    manifest: Archive | None
    base_url: str
    coverage: CoverageView
