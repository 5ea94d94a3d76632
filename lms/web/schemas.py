"""Types every noun's schemas share: times with a zone, intervals of the session clock, and the error body."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct

from lms.errors import Invalid

# A time without a zone is refused: 14:00 in which province's office?
Moment = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Interval = Annotated[tuple[float, float], Meta(description="[start, end) in seconds of the session clock")]


class ErrorDetail(Struct, frozen=True, kw_only=True):
    code: str
    message_vi: str
    message_en: str
    fields: dict[str, str]


class ErrorBody(Struct, frozen=True, kw_only=True):
    error: ErrorDetail


class Link(Struct, frozen=True, kw_only=True):
    """Enough of a thing to show and follow it."""

    id: str
    name: str


def utc(moment: datetime) -> datetime:
    """In UTC; the first and last hours of the calendar have none."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Invalid("invalid_input") from error
