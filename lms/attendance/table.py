"""The attendance table of a session: absentees, who is connected, and who is connected but receives nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lms.accounts.models import Person
from lms.accounts.repository import People
from lms.accounts.service import person_link
from lms.actor import Actor
from lms.attendance.repository import EvidenceLog, Proof
from lms.attendance.schemas import AttendanceRow, AttendanceTable
from lms.attendance.service import coverage_of, intervals
from lms.db.uow import UnitOfWork
from lms.enrolments.repository import Enrolments
from lms.errors import Forbidden
from lms.ids import PersonId, SessionId
from lms.sessions.models import Session, Stay
from lms.sessions.repository import Stays
from lms.sessions.service import session_of

# the node proves presence in batches of about 5 s; two batches missing is not chance
RECEIVING_WITHIN = timedelta(seconds=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """Everything known of one session, by person."""

    session: Session
    now: datetime
    proofs: Mapping[tuple[SessionId, PersonId], Proof]
    stays: Mapping[PersonId, Sequence[Stay]]
    receiving: set[PersonId]
    enrolled: Sequence[Person]

    def row(self, person: Person, *, is_enrolled: bool) -> AttendanceRow:
        stays = self.stays.get(person.id, ())
        coverage = coverage_of(self.session, self.proofs.get((self.session.id, person.id)), self.now)
        is_connected = not self.session.has_ended and any(stay.left_at is None for stay in stays)
        left = [stay.left_at for stay in stays if stay.left_at is not None]
        return AttendanceRow(
            person=person_link(person),
            is_enrolled=is_enrolled,
            joined_at=min((stay.joined_at for stay in stays), default=None),
            left_at=None if is_connected else max(left, default=None),
            live=intervals(coverage.live),
            replay=intervals(coverage.replay),
            missing=intervals(coverage.missing),
            coverage_percent=coverage.percent,
            is_connected=is_connected,
            is_receiving=is_connected and person.id in self.receiving,
        )


async def attendance(uow: UnitOfWork, actor: Actor, session_id: SessionId, now: datetime) -> AttendanceTable:
    """The enrolled, then whoever else was there; for the host and managers."""
    session, standing = await session_of(uow, actor, session_id)
    if not standing.leads:
        raise Forbidden("not_host")
    facts = await _gather(uow, session, now)
    guests = await _guests(uow, facts)
    return AttendanceTable(
        session_id=session.id,
        zero_at=session.zero_at,
        duration_s=round(session.duration_s(now), 3),
        required=intervals(coverage_of(session, None, now).required),
        rows=[
            *(facts.row(person, is_enrolled=True) for person in facts.enrolled),
            *(facts.row(person, is_enrolled=False) for person in guests),
        ],
    )


async def _gather(uow: UnitOfWork, session: Session, now: datetime) -> _Facts:
    log = EvidenceLog(uow)
    stays: dict[PersonId, list[Stay]] = {}
    for stay in await Stays(uow).of(session.id):
        stays.setdefault(stay.person_id, []).append(stay)
    receiving = await log.receiving([session.id], now - RECEIVING_WITHIN)
    return _Facts(
        session=session,
        now=now,
        proofs=await log.proofs([session.id]),
        stays=stays,
        receiving={person_id for _, person_id in receiving},
        enrolled=[enrolment.person for enrolment in await Enrolments(uow).of(session.course_id)],
    )


async def _guests(uow: UnitOfWork, facts: _Facts) -> Sequence[Person]:
    """People with a stay or evidence who are not enrolled: hosts, managers, the withdrawn."""
    seen = {*facts.stays, *(person_id for _, person_id in facts.proofs)}
    return await People(uow).among(seen - {person.id for person in facts.enrolled})
