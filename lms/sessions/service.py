"""Use cases of scheduling sessions, and what somebody is to a course or session."""

from datetime import datetime

from msgspec import UNSET

from lms.accounts.repository import People
from lms.actor import Actor
from lms.courses.models import Course
from lms.courses.service import managed_course
from lms.db.uow import UnitOfWork
from lms.enrolments.repository import Enrolments
from lms.errors import Conflict, Invalid, NotFound
from lms.ids import CourseId, PersonId, SessionId, new_id
from lms.sessions.models import Session
from lms.sessions.repository import Sessions
from lms.sessions.rules import LONGEST_SESSION, Standing
from lms.sessions.schemas import NewSession, SessionChange, SessionState
from lms.text import tidy
from lms.web.schemas import utc


async def standing_in_course(uow: UnitOfWork, actor: Actor, course: Course) -> Standing:
    return Standing(
        is_enrolled=await Enrolments(uow).is_enrolled(course.id, actor.person_id),
        is_host=await Sessions(uow).hosts_any(course.id, actor.person_id),
        is_manager=actor.manages(course.unit.path),
    )


async def standing_in_session(uow: UnitOfWork, actor: Actor, session: Session) -> Standing:
    return Standing(
        is_enrolled=await Enrolments(uow).is_enrolled(session.course_id, actor.person_id),
        is_host=session.host_id == actor.person_id,
        is_manager=actor.manages(session.course.unit.path),
    )


async def session_of(uow: UnitOfWork, actor: Actor, session_id: SessionId) -> tuple[Session, Standing]:
    """A session and what the asker is to it; to strangers it does not exist."""
    session = await Sessions(uow).get(session_id)
    standing = await standing_in_session(uow, actor, session)
    if not standing.belongs and not await Sessions(uow).hosts_any(session.course_id, actor.person_id):
        raise NotFound("session_not_found")
    return session, standing


async def schedule(uow: UnitOfWork, actor: Actor, course_id: CourseId, new: NewSession, now: datetime) -> Session:
    course = await managed_course(uow, actor, course_id)
    host_id = await _checked_host(uow, new.host_id)
    session = Session(
        id=SessionId(new_id()),
        course_id=course.id,
        title=tidy(new.title),
        starts_at=utc(new.starts_at),
        ends_at=utc(new.ends_at),
        host_id=host_id,
        is_recorded=new.is_recorded,
        required_from_minutes=new.required_from_minutes,
        required_minutes=new.required_minutes,
        state=SessionState.SCHEDULED,
    )
    _check_times(session)
    Sessions(uow).add(session)
    await uow.flush()
    return session


async def change(uow: UnitOfWork, actor: Actor, session_id: SessionId, wanted: SessionChange) -> None:
    session, _ = await session_of(uow, actor, session_id)
    actor.require_manages(session.course.unit.path)
    _refuse_too_late(session, wanted)
    if wanted.title is not UNSET:
        session.title = tidy(wanted.title)
    if wanted.host_id is not UNSET:
        session.host_id = await _checked_host(uow, wanted.host_id)
    if wanted.starts_at is not UNSET:
        session.starts_at = utc(wanted.starts_at)
    if wanted.ends_at is not UNSET:
        session.ends_at = utc(wanted.ends_at)
    if wanted.is_recorded is not UNSET:
        session.is_recorded = wanted.is_recorded
    if wanted.required_from_minutes is not UNSET:
        session.required_from_minutes = wanted.required_from_minutes
    if wanted.required_minutes is not UNSET:
        session.required_minutes = wanted.required_minutes
    _check_times(session)
    await uow.flush()


def _refuse_too_late(session: Session, wanted: SessionChange) -> None:
    """After the end only the words and what is required can change; once live, recording and start cannot."""
    if session.has_ended and not all(
        value is UNSET for value in (wanted.host_id, wanted.starts_at, wanted.ends_at, wanted.is_recorded)
    ):
        raise Conflict("session_ended")
    if session.state == SessionState.LIVE:
        fixed = {"starts_at": wanted.starts_at, "is_recorded": wanted.is_recorded}
        late = {name: "session_started" for name, value in fixed.items() if value is not UNSET}
        if late:
            raise Conflict("session_started", fields=late)


async def _checked_host(uow: UnitOfWork, host_id: str) -> PersonId:
    known = await People(uow).existing([host_id])
    if not known:
        raise Invalid("person_not_found", fields={"host_id": "person_not_found"})
    return known.pop()


def _check_times(session: Session) -> None:
    if session.ends_at <= session.starts_at:
        raise Invalid("session_ends_before_start", fields={"ends_at": "session_ends_before_start"})
    if session.ends_at - session.starts_at > LONGEST_SESSION:
        raise Invalid("session_too_long", fields={"ends_at": "session_too_long"})
