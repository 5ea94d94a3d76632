"""All SQL of courses and their rules."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import selectinload

from lms.courses.models import Course, RuleVersion
from lms.db.uow import UnitOfWork
from lms.errors import NotFound
from lms.ids import CourseId
from lms.organisation.models import Unit
from lms.organisation.repository import within

WHOLE = (selectinload(Course.unit), selectinload(Course.rules))


class Courses:
    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    async def get(self, course_id: str) -> Course:
        query = select(Course).where(Course.id == course_id).options(*WHOLE)
        course = await self._session.scalar(query.execution_options(populate_existing=True))
        if course is None:
            raise NotFound("course_not_found")
        return course

    async def visible(self, paths: Iterable[str], also: ColumnElement[bool]) -> Sequence[Course]:
        """Courses of these subtrees and those that `also` adds, by title."""
        query = select(Course).join(Unit).where(or_(within(paths), also)).options(*WHOLE)
        return (await self._session.scalars(query.order_by(Course.title, Course.id))).all()

    async def titled(self, title: str) -> CourseId | None:
        return await self._session.scalar(select(Course.id).where(Course.title == title).limit(1))

    def add(self, course: Course) -> None:
        self._session.add(course)

    def add_rule(self, rule: RuleVersion) -> None:
        self._session.add(rule)
