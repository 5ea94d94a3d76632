"""All SQL of sessions and stays."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import selectinload

from lms.accounts.models import Person
from lms.courses.models import Course
from lms.db.uow import UnitOfWork
from lms.errors import NotFound
from lms.ids import CourseId, PersonId, SessionId
from lms.organisation.models import Unit
from lms.organisation.repository import within
from lms.sessions.models import Session, Stay
from lms.sessions.schemas import SessionState

WHOLE = (
    selectinload(Session.course).selectinload(Course.unit),
    selectinload(Session.host).selectinload(Person.unit),
)


def hosts_in_course(person_id: PersonId) -> ColumnElement[bool]:
    """Courses in which this person hosts a session."""
    return Course.id.in_(select(Session.course_id).where(Session.host_id == person_id))


class Sessions:
    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    async def find(self, session_id: str) -> Session | None:
        query = select(Session).where(Session.id == session_id).options(*WHOLE)
        return await self._session.scalar(query.execution_options(populate_existing=True))

    async def lock(self, session_id: str) -> None:
        """Nobody else changes this session until the transaction ends (SQLite has one writer anyway)."""
        await self._session.execute(select(Session.id).where(Session.id == session_id).with_for_update())

    async def get(self, session_id: str) -> Session:
        session = await self.find(session_id)
        if session is None:
            raise NotFound("session_not_found")
        return session

    async def of_course(self, course_id: CourseId) -> Sequence[Session]:
        query = select(Session).where(Session.course_id == course_id).options(*WHOLE)
        return (await self._session.scalars(query.order_by(Session.starts_at, Session.id))).all()

    async def of_courses(self, course_ids: Iterable[CourseId]) -> Sequence[Session]:
        """By start, without course and host: what is counted of many courses needs neither."""
        query = select(Session).where(Session.course_id.in_(list(course_ids)))
        return (await self._session.scalars(query.order_by(Session.starts_at, Session.id))).all()

    async def hosts_any(self, course_id: CourseId, person_id: PersonId) -> bool:
        query = select(Session.id).where(Session.course_id == course_id, Session.host_id == person_id).limit(1)
        return await self._session.scalar(query) is not None

    async def live(self) -> Sequence[Session]:
        return (await self._session.scalars(select(Session).where(Session.state == SessionState.LIVE))).all()

    async def live_inside(self, paths: Iterable[str]) -> Sequence[Session]:
        query = (
            select(Session)
            .join(Course, Course.id == Session.course_id)
            .join(Unit, Unit.id == Course.unit_id)
            .where(Session.state == SessionState.LIVE, within(paths))
            .order_by(Session.zero_at)
            .options(*WHOLE)
        )
        return (await self._session.scalars(query)).all()

    async def near(
        self, course_ids: Iterable[CourseId], host_id: PersonId, window: tuple[datetime, datetime]
    ) -> Sequence[Session]:
        """Sessions of these courses or hosted by this person that touch the window, or run now."""
        query = select(Session).where(
            or_(Session.course_id.in_(list(course_ids)), Session.host_id == host_id),
            or_(
                Session.state == SessionState.LIVE,
                (Session.starts_at < window[1]) & (Session.ends_at > window[0]),
            ),
        )
        return (await self._session.scalars(query.order_by(Session.starts_at, Session.id).options(*WHOLE))).all()

    def add(self, session: Session) -> None:
        self._session.add(session)


class Stays:
    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    async def find(self, participant_sid: str) -> Stay | None:
        return await self._session.get(Stay, participant_sid)

    async def of(self, session_id: SessionId) -> Sequence[Stay]:
        query = select(Stay).where(Stay.session_id == session_id)
        return (await self._session.scalars(query.order_by(Stay.joined_at))).all()

    async def has_open(self, session_id: SessionId) -> bool:
        query = select(Stay.participant_sid).where(Stay.session_id == session_id, Stay.left_at.is_(None)).limit(1)
        return await self._session.scalar(query) is not None

    async def last_left(self, session_id: SessionId) -> datetime | None:
        return await self._session.scalar(
            select(Stay.left_at)
            .where(Stay.session_id == session_id, Stay.left_at.is_not(None))
            .order_by(Stay.left_at.desc())
            .limit(1)
        )

    async def open_counts(self, session_ids: Iterable[SessionId]) -> Mapping[SessionId, int]:
        """People in each room now; two devices of one person are one."""
        query = (
            select(Stay.session_id, func.count(Stay.person_id.distinct()))
            .where(Stay.session_id.in_(list(session_ids)), Stay.left_at.is_(None))
            .group_by(Stay.session_id)
        )
        return {session_id: count for session_id, count in await self._session.execute(query)}

    async def close(
        self, session_id: SessionId, at: datetime, *, room_sid: str | None = None, but_room_sid: str | None = None
    ) -> None:
        """End open stays of a session: all, those of one room, or those of every room but one."""
        chosen = [Stay.session_id == session_id, Stay.left_at.is_(None)]
        if room_sid is not None:
            chosen.append(Stay.room_sid == room_sid)
        if but_room_sid is not None:
            chosen.append(Stay.room_sid != but_room_sid)
        await self._session.execute(update(Stay).where(*chosen).values(left_at=at))

    def add(self, stay: Stay) -> None:
        self._session.add(stay)
