"""Enrolments as the API shows and takes them."""

from typing import Annotated

from msgspec import Meta, Struct

from lms.accounts.schemas import PersonLink
from lms.web.schemas import Moment


class EnrolmentView(Struct, frozen=True, kw_only=True):
    person: PersonLink
    enrolled_at: Moment


class EnrolmentList(Struct, frozen=True, kw_only=True):
    items: list[EnrolmentView]


class NewEnrolments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People by id, and/or everybody active of a unit and the units below it."""

    person_ids: Annotated[list[str], Meta(max_length=5000)] = []
    unit_id: str | None = None


class EnrolmentResult(Struct, frozen=True, kw_only=True):
    added: int
    already_enrolled: int
