"""Courses and their completion rule, as the API shows and takes them."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from lms.web.schemas import Link, Moment, Name

WholePercent = Annotated[int, Meta(ge=1, le=100)]
Description = Annotated[str, Meta(max_length=20_000)]


class RuleView(Struct, frozen=True, kw_only=True):
    version: int
    coverage_percent: int
    created_at: Moment
    text_vi: str
    text_en: str


class NewRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    coverage_percent: WholePercent


class CourseCard(Struct, frozen=True, kw_only=True):
    id: str
    title: str
    unit: Link
    session_count: int
    ended_session_count: int
    person_count: int
    is_enrolled: bool
    may_manage: bool
    next_session_at: Moment | None
    coverage_percent: float | None
    is_complete: bool | None


class CourseList(Struct, frozen=True, kw_only=True):
    items: list[CourseCard]


class CourseView(Struct, frozen=True, kw_only=True):
    id: str
    title: str
    description: str
    unit: Link
    rule: RuleView
    person_count: int
    is_enrolled: bool
    may_manage: bool


class NewCourse(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Name
    unit_id: str
    description: Description = ""
    coverage_percent: WholePercent = 80


class CourseChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    unit_id: str | UnsetType = UNSET
