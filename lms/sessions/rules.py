"""Who may enter and end a session, and when. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lms.sessions.schemas import SessionState

DOOR_OPENS_BEFORE = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(hours=6)
LONGEST_SESSION = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What somebody is to a course or one of its sessions."""

    is_enrolled: bool
    is_host: bool
    is_manager: bool

    @property
    def belongs(self) -> bool:
        return self.is_enrolled or self.is_host or self.is_manager

    @property
    def leads(self) -> bool:
        return self.is_host or self.is_manager


def opens_at(starts_at: datetime) -> datetime:
    return starts_at - DOOR_OPENS_BEFORE


def is_door_open(standing: Standing, state: SessionState, starts_at: datetime, now: datetime) -> bool:
    """The host may open early; then, or a quarter of an hour before the start, everybody else may enter."""
    return standing.leads or state == SessionState.LIVE or now >= opens_at(starts_at)


def may_join(standing: Standing, state: SessionState, starts_at: datetime, now: datetime) -> bool:
    return standing.belongs and state != SessionState.ENDED and is_door_open(standing, state, starts_at, now)


def may_end(standing: Standing, state: SessionState) -> bool:
    return standing.leads and state != SessionState.ENDED


def is_forgotten(state: SessionState, ends_at: datetime, *, is_empty: bool, now: datetime) -> bool:
    """A live session that nobody ended: over its time with an empty room, or long past all doubt."""
    if state != SessionState.LIVE:
        return False
    return now >= ends_at + (FORGOTTEN_AFTER if is_empty else GIVEN_UP_AFTER)
