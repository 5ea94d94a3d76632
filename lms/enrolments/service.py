"""Use cases of enrolments."""

from datetime import datetime

from lms.accounts.repository import People
from lms.accounts.service import person_link
from lms.actor import Actor
from lms.courses.service import managed_course
from lms.db.uow import UnitOfWork
from lms.enrolments.models import Enrolment
from lms.enrolments.repository import Enrolments
from lms.enrolments.schemas import EnrolmentList, EnrolmentResult, EnrolmentView, NewEnrolments
from lms.errors import Invalid
from lms.ids import CourseId, PersonId
from lms.organisation.repository import Units


async def list_enrolments(uow: UnitOfWork, actor: Actor, course_id: CourseId) -> EnrolmentList:
    course = await managed_course(uow, actor, course_id)
    enrolments = await Enrolments(uow).of(course.id)
    items = [EnrolmentView(person=person_link(each.person), enrolled_at=each.enrolled_at) for each in enrolments]
    return EnrolmentList(items=items)


async def enrol(
    uow: UnitOfWork, actor: Actor, course_id: CourseId, new: NewEnrolments, now: datetime
) -> EnrolmentResult:
    course = await managed_course(uow, actor, course_id)
    wanted = await _wanted(uow, new)
    known = await Enrolments(uow).people_of(course.id)
    for person_id in wanted - known:
        Enrolments(uow).add(Enrolment(course_id=course.id, person_id=person_id, enrolled_at=now))
    await uow.flush()
    return EnrolmentResult(added=len(wanted - known), already_enrolled=len(wanted & known))


async def _wanted(uow: UnitOfWork, new: NewEnrolments) -> set[PersonId]:
    """A course may take people of any unit: a department trains teachers of every school."""
    wanted = await People(uow).existing(new.person_ids)
    unknown = [person_id for person_id in new.person_ids if person_id not in wanted]
    if unknown:
        raise Invalid("person_not_found", fields={"person_ids": "person_not_found"})
    if new.unit_id is not None:
        unit = await Units(uow).get(new.unit_id)
        wanted |= set(await People(uow).active_inside(unit.path))
    return wanted


async def withdraw(uow: UnitOfWork, actor: Actor, course_id: CourseId, person_id: PersonId) -> None:
    course = await managed_course(uow, actor, course_id)
    await Enrolments(uow).remove(course.id, person_id)
