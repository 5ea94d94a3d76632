"""Session: a live class on a schedule, and the one clock that live and replay share.

Second 0 is when the session's first room opened and never moves; the end is set once. A stay is one
participant's time in the room, as the node tells it: it shows who came, but proves no attendance.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import Person
from lms.courses.models import Course
from lms.db.base import ID, Base, UtcTime
from lms.errors import Conflict
from lms.ids import CourseId, PersonId, SessionId
from lms.sessions.schemas import SessionState


class Session(Base):
    __tablename__ = "sessions"

    id: Mapped[SessionId] = mapped_column(ID, primary_key=True)
    course_id: Mapped[CourseId] = mapped_column(ForeignKey("courses.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcTime)
    host_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"), index=True)
    is_recorded: Mapped[bool]
    required_from_minutes: Mapped[float]
    required_minutes: Mapped[float | None]
    state: Mapped[SessionState] = mapped_column(String(12), index=True)
    room_sid: Mapped[str | None] = mapped_column(String(64))
    zero_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)

    course: Mapped[Course] = relationship(lazy="raise")
    host: Mapped[Person] = relationship(lazy="raise")

    @property
    def has_ended(self) -> bool:
        return self.state == SessionState.ENDED

    def open_room(self, room_sid: str, opened_at: datetime) -> None:
        """A room of this session runs; the first one starts the clock."""
        if self.zero_at is None:
            self.zero_at = opened_at
        self.room_sid = room_sid
        if not self.has_ended:
            self.state = SessionState.LIVE

    def end(self, at: datetime) -> None:
        if self.has_ended:
            raise Conflict("session_ended")
        self.state = SessionState.ENDED
        self.ended_at = at if self.zero_at is None else max(at, self.zero_at)

    def duration_s(self, now: datetime) -> float:
        """Length on the session clock: final once ended, growing while live, 0 before the room opened."""
        if self.zero_at is None:
            return 0.0
        return max(0.0, ((self.ended_at or now) - self.zero_at).total_seconds())


class Stay(Base):
    __tablename__ = "stays"

    participant_sid: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[SessionId] = mapped_column(ForeignKey("sessions.id"), index=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"), index=True)
    room_sid: Mapped[str] = mapped_column(String(64))
    joined_at: Mapped[datetime] = mapped_column(UtcTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcTime)
