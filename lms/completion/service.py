"""Use cases of completion: recomputed from raw evidence under the rule in force, every time it is asked.

A session that is still to come counts with its planned length, so nobody completes a course by the first of
two sessions. One that was never held asks nothing of anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lms.accounts.models import Person
from lms.accounts.repository import People
from lms.accounts.service import person_link
from lms.actor import Actor
from lms.attendance.repository import EvidenceLog, Proof
from lms.attendance.rules import Coverage
from lms.attendance.service import coverage_of, planned_coverage_of, shares
from lms.completion.rules import Completion, Rule, decide, describe_en, describe_vi, explain_en, explain_vi
from lms.completion.schemas import CompletionTable, CompletionView, SessionCoverage
from lms.courses.models import Course, RuleVersion
from lms.courses.repository import Courses
from lms.courses.schemas import RuleView
from lms.courses.service import managed_course
from lms.db.uow import UnitOfWork
from lms.enrolments.repository import Enrolments
from lms.errors import NotFound
from lms.ids import CourseId, PersonId, SessionId
from lms.sessions.models import Session
from lms.sessions.repository import Sessions
from lms.sessions.service import standing_in_course

Proofs = Mapping[tuple[SessionId, PersonId], Proof]


def rule_of(version: RuleVersion) -> Rule:
    return Rule(version=version.version, coverage_percent=version.coverage_percent)


def rule_view(version: RuleVersion) -> RuleView:
    rule = rule_of(version)
    return RuleView(
        version=version.version,
        coverage_percent=version.coverage_percent,
        created_at=version.created_at,
        text_vi=describe_vi(rule),
        text_en=describe_en(rule),
    )


def course_coverage(session: Session, proof: Proof | None, now: datetime) -> Coverage:
    """As the session will count for the course: planned length until it has ended."""
    if session.has_ended:
        return coverage_of(session, proof, now)
    if session.zero_at is None and session.ends_at <= now:
        return Coverage.of((), (), ())
    return planned_coverage_of(session, proof, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """A course with all that decides who has completed it."""

    course: Course
    sessions: Sequence[Session]
    proofs: Proofs
    now: datetime

    def coverages(self, person_id: PersonId) -> list[tuple[Session, Coverage]]:
        return [
            (session, course_coverage(session, self.proofs.get((session.id, person_id)), self.now))
            for session in self.sessions
        ]

    def decide(self, person_id: PersonId) -> Completion:
        return decide(rule_of(self.course.rule), [coverage for _, coverage in self.coverages(person_id)])

    def view(self, person: Person) -> CompletionView:
        completion = self.decide(person.id)
        required = completion.required_s
        live = int(completion.live_s / required * 1000 + 1e-6) / 10 if required > 0 else 0.0
        return CompletionView(
            person=person_link(person),
            is_complete=completion.is_complete,
            coverage_percent=completion.percent,
            live_percent=live,
            replay_percent=round(completion.percent - live, 1),
            rule_version=completion.rule.version,
            explanation_vi=explain_vi(completion),
            explanation_en=explain_en(completion),
            sessions=[_session_coverage(session, coverage) for session, coverage in self.coverages(person.id)],
        )


def _session_coverage(session: Session, coverage: Coverage) -> SessionCoverage:
    live, replay = shares(coverage)
    return SessionCoverage(
        session_id=session.id,
        title=session.title,
        coverage_percent=coverage.percent,
        live_percent=live,
        replay_percent=replay,
    )


async def reckon(
    uow: UnitOfWork, course: Course, now: datetime, person_ids: Sequence[PersonId] | None = None
) -> Reckoning:
    sessions = await Sessions(uow).of_course(course.id)
    proofs = await EvidenceLog(uow).proofs([session.id for session in sessions], person_ids)
    return Reckoning(course=course, sessions=sessions, proofs=proofs, now=now)


async def completion_table(uow: UnitOfWork, actor: Actor, course_id: CourseId, now: datetime) -> CompletionTable:
    course = await managed_course(uow, actor, course_id)
    reckoning = await reckon(uow, course, now)
    enrolments = await Enrolments(uow).of(course.id)
    rows = [reckoning.view(enrolment.person) for enrolment in enrolments]
    return CompletionTable(rule=rule_view(course.rule), rows=rows)


async def my_completion(uow: UnitOfWork, actor: Actor, course_id: CourseId, now: datetime) -> CompletionView:
    course = await Courses(uow).get(course_id)
    if not (await standing_in_course(uow, actor, course)).belongs:
        raise NotFound("course_not_found")
    reckoning = await reckon(uow, course, now, [actor.person_id])
    return reckoning.view(await People(uow).get(actor.person_id))
