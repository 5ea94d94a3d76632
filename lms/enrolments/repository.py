"""All SQL of enrolments."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import selectinload

from lms.accounts.models import Person
from lms.courses.models import Course
from lms.db.uow import UnitOfWork
from lms.enrolments.models import Enrolment
from lms.ids import CourseId, PersonId


def has_enrolled(person_id: PersonId) -> ColumnElement[bool]:
    """Courses this person is enrolled in."""
    return Course.id.in_(select(Enrolment.course_id).where(Enrolment.person_id == person_id))


class Enrolments:
    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    async def is_enrolled(self, course_id: CourseId, person_id: PersonId) -> bool:
        return await self._session.get(Enrolment, (course_id, person_id)) is not None

    async def courses_of(self, person_id: PersonId) -> set[CourseId]:
        return set(await self._session.scalars(select(Enrolment.course_id).where(Enrolment.person_id == person_id)))

    async def of(self, course_id: CourseId) -> Sequence[Enrolment]:
        """By name."""
        query = (
            select(Enrolment)
            .join(Person, Person.id == Enrolment.person_id)
            .where(Enrolment.course_id == course_id)
            .order_by(Person.folded_name, Person.login)
            .options(selectinload(Enrolment.person).selectinload(Person.unit))
        )
        return (await self._session.scalars(query)).all()

    async def people_of(self, course_id: CourseId) -> set[PersonId]:
        return set(await self._session.scalars(select(Enrolment.person_id).where(Enrolment.course_id == course_id)))

    async def counts(self, course_ids: Iterable[CourseId]) -> Mapping[CourseId, int]:
        query = (
            select(Enrolment.course_id, func.count())
            .where(Enrolment.course_id.in_(list(course_ids)))
            .group_by(Enrolment.course_id)
        )
        return {course_id: count for course_id, count in await self._session.execute(query)}

    def add(self, enrolment: Enrolment) -> None:
        self._session.add(enrolment)

    async def remove(self, course_id: CourseId, person_id: PersonId) -> None:
        chosen = (Enrolment.course_id == course_id) & (Enrolment.person_id == person_id)
        await self._session.execute(delete(Enrolment).where(chosen))
