"""Use cases of courses: create, change, set the rule. What one shows of a course is made in overview."""

from datetime import datetime

from msgspec import UNSET

from lms.actor import Actor
from lms.courses.models import Course, RuleVersion
from lms.courses.repository import Courses
from lms.courses.schemas import CourseChange, NewCourse, NewRule
from lms.db.uow import UnitOfWork
from lms.ids import CourseId, new_id
from lms.organisation.repository import Units
from lms.text import tidy


async def add_course(uow: UnitOfWork, actor: Actor, new: NewCourse, now: datetime) -> CourseId:
    unit = await Units(uow).get(new.unit_id)
    actor.require_manages(unit.path)
    course = Course(
        id=CourseId(new_id()),
        title=tidy(new.title),
        description=new.description,
        unit_id=unit.id,
        created_at=now,
        created_by=actor.person_id,
    )
    Courses(uow).add(course)
    await uow.flush()
    _add_rule(uow, actor, course.id, 1, new.coverage_percent, now)
    await uow.flush()
    return course.id


async def change_course(uow: UnitOfWork, actor: Actor, course_id: CourseId, change: CourseChange) -> None:
    course = await managed_course(uow, actor, course_id)
    if change.title is not UNSET:
        course.title = tidy(change.title)
    if change.description is not UNSET:
        course.description = change.description
    if change.unit_id is not UNSET:
        unit = await Units(uow).get(change.unit_id)
        actor.require_manages(unit.path)
        course.unit_id = unit.id
    await uow.flush()


async def set_rule(uow: UnitOfWork, actor: Actor, course_id: CourseId, new: NewRule, now: datetime) -> None:
    """A new version; the same rule again adds none."""
    course = await managed_course(uow, actor, course_id)
    if course.rule.coverage_percent != new.coverage_percent:
        _add_rule(uow, actor, course.id, course.rule.version + 1, new.coverage_percent, now)
        await uow.flush()


async def managed_course(uow: UnitOfWork, actor: Actor, course_id: CourseId) -> Course:
    course = await Courses(uow).get(course_id)
    actor.require_manages(course.unit.path)
    return course


def _add_rule(
    uow: UnitOfWork, actor: Actor, course_id: CourseId, version: int, coverage_percent: int, now: datetime
) -> None:
    rule = RuleVersion(
        course_id=course_id,
        version=version,
        coverage_percent=coverage_percent,
        created_at=now,
        created_by=actor.person_id,
    )
    Courses(uow).add_rule(rule)
