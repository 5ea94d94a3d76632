"""Views that join several nouns, each for one asker."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lms.accounts.service import person_link
from lms.actor import MANAGING_ROLES, Actor
from lms.attendance.repository import EvidenceLog, Proof
from lms.attendance.rules import length
from lms.attendance.service import coverage_of
from lms.attendance.table import RECEIVING_WITHIN
from lms.completion.service import Reckoning, rule_view
from lms.courses.models import Course
from lms.courses.repository import Courses
from lms.courses.schemas import CourseCard, CourseList, CourseView
from lms.db.uow import UnitOfWork
from lms.enrolments.repository import Enrolments, has_enrolled
from lms.errors import Forbidden, NotFound
from lms.ids import CourseId, SessionId
from lms.library.archives import Archives
from lms.library.rules import replay_state
from lms.overview.schemas import LiveRoom, LiveRooms, Today
from lms.sessions.models import Session
from lms.sessions.repository import Sessions, Stays, hosts_in_course
from lms.sessions.rules import Standing, may_end, may_join
from lms.sessions.schemas import SessionCard, SessionList, SessionState, SessionView
from lms.sessions.service import session_of, standing_in_course
from lms.web.schemas import Link

TODAY_BEFORE = timedelta(days=1)
TODAY_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    uow: UnitOfWork
    actor: Actor
    archives: Archives
    now: datetime


async def show_course(viewer: Viewer, course_id: CourseId) -> CourseView:
    course = await Courses(viewer.uow).get(course_id)
    standing = await standing_in_course(viewer.uow, viewer.actor, course)
    if not standing.belongs:
        raise NotFound("course_not_found")
    counts = await Enrolments(viewer.uow).counts([course.id])
    return CourseView(
        id=course.id,
        title=course.title,
        description=course.description,
        unit=Link(id=course.unit_id, name=course.unit.name),
        rule=rule_view(course.rule),
        person_count=counts.get(course.id, 0),
        is_enrolled=standing.is_enrolled,
        may_manage=standing.is_manager,
    )


async def list_courses(viewer: Viewer) -> CourseList:
    """Courses the asker is enrolled in, hosts in, or manages."""
    actor = viewer.actor
    own = has_enrolled(actor.person_id) | hosts_in_course(actor.person_id)
    courses = await Courses(viewer.uow).visible(actor.paths(*MANAGING_ROLES), own)
    return CourseList(items=await _course_cards(viewer, courses))


async def _course_cards(viewer: Viewer, courses: Sequence[Course]) -> list[CourseCard]:
    ids = [course.id for course in courses]
    person_id = viewer.actor.person_id
    enrolled = await Enrolments(viewer.uow).courses_of(person_id)
    counts = await Enrolments(viewer.uow).counts(ids)
    sessions = await Sessions(viewer.uow).of_courses(ids)
    proofs = await EvidenceLog(viewer.uow).proofs([session.id for session in sessions], [person_id])
    by_course: defaultdict[CourseId, list[Session]] = defaultdict(list)
    for session in sessions:
        by_course[session.course_id].append(session)
    cards = []
    for course in courses:
        reckoning = Reckoning(course=course, sessions=by_course[course.id], proofs=proofs, now=viewer.now)
        cards.append(_course_card(viewer, reckoning, person_count=counts.get(course.id, 0), enrolled=enrolled))
    return cards


def _course_card(viewer: Viewer, reckoning: Reckoning, *, person_count: int, enrolled: set[CourseId]) -> CourseCard:
    course, sessions = reckoning.course, reckoning.sessions
    is_enrolled = course.id in enrolled
    completion = reckoning.decide(viewer.actor.person_id) if is_enrolled else None
    coming = [s.starts_at for s in sessions if s.state == SessionState.SCHEDULED and s.ends_at > viewer.now]
    return CourseCard(
        id=course.id,
        title=course.title,
        unit=Link(id=course.unit_id, name=course.unit.name),
        session_count=len(sessions),
        ended_session_count=sum(session.has_ended for session in sessions),
        person_count=person_count,
        is_enrolled=is_enrolled,
        may_manage=viewer.actor.manages(course.unit.path),
        next_session_at=min(coming, default=None),
        coverage_percent=completion.percent if completion else None,
        is_complete=completion.is_complete if completion else None,
    )


async def today(viewer: Viewer) -> Today:
    """The asker's own courses and sessions from yesterday to a week ahead, and whatever is live."""
    actor, uow = viewer.actor, viewer.uow
    own = has_enrolled(actor.person_id) | hosts_in_course(actor.person_id)
    courses = await Courses(uow).visible((), own)
    enrolled = await Enrolments(uow).courses_of(actor.person_id)
    window = (viewer.now - TODAY_BEFORE, viewer.now + TODAY_AFTER)
    sessions = list(await Sessions(uow).near(enrolled, actor.person_id, window))
    known = {session.id for session in sessions}
    managed = await Sessions(uow).live_inside(actor.paths(*MANAGING_ROLES))
    sessions += [session for session in managed if session.id not in known]
    return Today(sessions=await _session_cards(viewer, sessions), courses=await _course_cards(viewer, courses))


async def list_sessions(viewer: Viewer, course_id: CourseId) -> SessionList:
    course = await Courses(viewer.uow).get(course_id)
    if not (await standing_in_course(viewer.uow, viewer.actor, course)).belongs:
        raise NotFound("course_not_found")
    return SessionList(items=await _session_cards(viewer, await Sessions(viewer.uow).of_course(course.id)))


async def _session_cards(viewer: Viewer, sessions: Sequence[Session]) -> list[SessionCard]:
    person_id = viewer.actor.person_id
    enrolled = await Enrolments(viewer.uow).courses_of(person_id)
    proofs = await EvidenceLog(viewer.uow).proofs([session.id for session in sessions], [person_id])
    cards = []
    for session in sessions:
        standing = Standing(
            is_enrolled=session.course_id in enrolled,
            is_host=session.host_id == person_id,
            is_manager=viewer.actor.manages(session.course.unit.path),
        )
        cards.append(await _session_card(viewer, session, standing, proofs.get((session.id, person_id))))
    return cards


async def _session_card(viewer: Viewer, session: Session, standing: Standing, proof: Proof | None) -> SessionCard:
    archive = await viewer.archives.read(session.id)
    percent, missing_s = _own_coverage(session, standing, proof, viewer.now)
    return SessionCard(
        id=session.id,
        title=session.title,
        course=Link(id=session.course_id, name=session.course.title),
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        state=session.state,
        host=person_link(session.host),
        is_recorded=session.is_recorded,
        may_join=may_join(standing, session.state, session.starts_at, viewer.now),
        replay=replay_state(session.state, is_recorded=session.is_recorded, archive=archive),
        coverage_percent=percent,
        missing_s=missing_s,
    )


def _own_coverage(
    session: Session, standing: Standing, proof: Proof | None, now: datetime
) -> tuple[float | None, float | None]:
    """Only the enrolled are asked to attend, and only once the session has begun."""
    if not standing.is_enrolled or session.zero_at is None:
        return None, None
    coverage = coverage_of(session, proof, now)
    return coverage.percent, round(length(coverage.missing), 3)


async def show_session(viewer: Viewer, session_id: SessionId) -> SessionView:
    session, standing = await session_of(viewer.uow, viewer.actor, session_id)
    person_id = viewer.actor.person_id
    proofs = await EvidenceLog(viewer.uow).proofs([session.id], [person_id])
    percent, missing_s = _own_coverage(session, standing, proofs.get((session.id, person_id)), viewer.now)
    archive = await viewer.archives.read(session.id)
    return SessionView(
        id=session.id,
        title=session.title,
        course=Link(id=session.course_id, name=session.course.title),
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        zero_at=session.zero_at,
        ended_at=session.ended_at,
        duration_s=round(session.duration_s(viewer.now), 3),
        state=session.state,
        host=person_link(session.host),
        is_recorded=session.is_recorded,
        required_from_minutes=session.required_from_minutes,
        required_minutes=session.required_minutes,
        is_enrolled=standing.is_enrolled,
        may_join=may_join(standing, session.state, session.starts_at, viewer.now),
        may_end=may_end(standing, session.state),
        may_manage=standing.is_manager,
        may_see_attendance=standing.leads,
        replay=replay_state(session.state, is_recorded=session.is_recorded, archive=archive),
        coverage_percent=percent,
        missing_s=missing_s,
    )


async def live_rooms(viewer: Viewer) -> LiveRooms:
    paths = viewer.actor.paths(*MANAGING_ROLES)
    if not paths:
        raise Forbidden("not_manager_here")
    sessions = await Sessions(viewer.uow).live_inside(paths)
    ids = [session.id for session in sessions]
    connected = await Stays(viewer.uow).open_counts(ids)
    receiving = await EvidenceLog(viewer.uow).receiving(ids, viewer.now - RECEIVING_WITHIN)
    enrolled = await Enrolments(viewer.uow).counts({session.course_id for session in sessions})
    return LiveRooms(
        items=[
            LiveRoom(
                session_id=session.id,
                title=session.title,
                course_title=session.course.title,
                host_name=session.host.name,
                zero_at=session.zero_at,
                is_recorded=session.is_recorded,
                enrolled_count=enrolled.get(session.course_id, 0),
                connected_count=connected.get(session.id, 0),
                receiving_count=sum(session_id == session.id for session_id, _ in receiving),
            )
            for session in sessions
        ]
    )
