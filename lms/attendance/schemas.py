"""Evidence, coverage and the attendance table, as the API shows and takes them."""

from typing import Annotated

from msgspec import Meta, Struct

from lms.accounts.schemas import PersonLink
from lms.web.schemas import Interval, Moment

ReportId = Annotated[str, Meta(min_length=1, max_length=64)]


class CoverageView(Struct, frozen=True, kw_only=True):
    """Seconds of the session clock; before the room first opened `zero_at` is null and all lists are empty."""

    session_id: str
    zero_at: Moment | None
    duration_s: float
    required: list[Interval]
    live: list[Interval]
    replay: list[Interval]
    missing: list[Interval]
    required_s: float
    missing_s: float
    live_percent: float
    replay_percent: float
    coverage_percent: float


class ReplayReport(Struct, frozen=True, kw_only=True):
    """One piece a player really played: media seconds on the session clock, the speed, and the wall time it took.

    `wall_start` and `wall_end` are read off the player's clock, which may be wrong: only their difference counts.
    """

    id: ReportId
    start_s: float
    end_s: float
    speed: float
    wall_start: Moment
    wall_end: Moment


class ReplayReports(Struct, frozen=True, kw_only=True):
    reports: Annotated[list[ReplayReport], Meta(max_length=200)]


class RefusedReport(Struct, frozen=True, kw_only=True):
    id: str
    code: str
    message_vi: str
    message_en: str


class EvidenceAnswer(Struct, frozen=True, kw_only=True):
    accepted: list[str]
    refused: list[RefusedReport]
    coverage: CoverageView


class AttendanceRow(Struct, frozen=True, kw_only=True):
    person: PersonLink
    is_enrolled: bool
    joined_at: Moment | None
    left_at: Moment | None
    live: list[Interval]
    replay: list[Interval]
    missing: list[Interval]
    coverage_percent: float
    is_connected: bool
    is_receiving: bool


class AttendanceTable(Struct, frozen=True, kw_only=True):
    session_id: str
    zero_at: Moment | None
    duration_s: float
    required: list[Interval]
    rows: list[AttendanceRow]
