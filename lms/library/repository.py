"""All SQL of library items, always scoped by who asks."""

from collections.abc import Iterable, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from lms.accounts.models import Person
from lms.courses.models import Course
from lms.db.uow import UnitOfWork
from lms.enrolments.repository import has_enrolled
from lms.ids import PersonId, SessionId
from lms.library.models import LibraryItem
from lms.organisation.models import Unit
from lms.organisation.repository import within
from lms.sessions.models import Session
from lms.text import fold

LISTED = 200
WHOLE = (
    selectinload(LibraryItem.session).selectinload(Session.course).selectinload(Course.unit),
    selectinload(LibraryItem.session).selectinload(Session.host).selectinload(Person.unit),
)


class Library:
    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    async def visible(
        self, person_id: PersonId, paths: Iterable[str], words: str, item_id: str | None = None
    ) -> Sequence[LibraryItem]:
        """Items of sessions this person manages, hosts or is enrolled for, newest first."""
        query = (
            select(LibraryItem)
            .join(Session, Session.id == LibraryItem.session_id)
            .join(Course, Course.id == Session.course_id)
            .join(Unit, Unit.id == Course.unit_id)
            .where(or_(within(paths), Session.host_id == person_id, has_enrolled(person_id)))
        )
        for word in fold(words).split():
            query = query.where(LibraryItem.folded_title.contains(word, autoescape=True))
        if item_id is not None:
            query = query.where(LibraryItem.id == item_id)
        ordered = query.order_by(Session.starts_at.desc(), LibraryItem.id).limit(LISTED).options(*WHOLE)
        return (await self._session.scalars(ordered)).all()

    async def has_item(self, session_id: SessionId) -> bool:
        query = select(LibraryItem.id).where(LibraryItem.session_id == session_id)
        return await self._session.scalar(query) is not None

    def add(self, item: LibraryItem) -> None:
        self._session.add(item)
