"""Sessions as the API shows and takes them."""

from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from lms.accounts.schemas import PersonLink
from lms.web.schemas import Link, Moment, Name

Minutes = Annotated[float, Meta(ge=0, le=1440)]


class SessionState(StrEnum):
    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"


class ReplayState(StrEnum):
    NONE = "none"
    LIVE = "live"
    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"


class SessionCard(Struct, frozen=True, kw_only=True):
    id: str
    title: str
    course: Link
    starts_at: Moment
    ends_at: Moment
    state: SessionState
    host: PersonLink
    is_recorded: bool
    may_join: bool
    replay: ReplayState
    coverage_percent: float | None
    missing_s: float | None


class SessionList(Struct, frozen=True, kw_only=True):
    items: list[SessionCard]


class SessionView(Struct, frozen=True, kw_only=True):
    id: str
    title: str
    course: Link
    starts_at: Moment
    ends_at: Moment
    zero_at: Moment | None
    ended_at: Moment | None
    duration_s: float
    state: SessionState
    host: PersonLink
    is_recorded: bool
    required_from_minutes: float
    required_minutes: float | None
    is_enrolled: bool
    may_join: bool
    may_end: bool
    may_manage: bool
    may_see_attendance: bool
    replay: ReplayState
    coverage_percent: float | None
    missing_s: float | None


class NewSession(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Required is the session from its scheduled start on, or `required_minutes` from `required_from_minutes`
    after that, always cut to how long the session really lasted."""

    title: Name
    starts_at: Moment
    ends_at: Moment
    host_id: str
    is_recorded: bool = True
    required_from_minutes: Minutes = 0.0
    required_minutes: Minutes | None = None


class SessionChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Name | UnsetType = UNSET
    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
    host_id: str | UnsetType = UNSET
    is_recorded: bool | UnsetType = UNSET
    required_from_minutes: Minutes | UnsetType = UNSET
    required_minutes: Minutes | None | UnsetType = UNSET
