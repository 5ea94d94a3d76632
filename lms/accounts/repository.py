"""All SQL of people, roles, sign-ins and setup links."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import selectinload

from lms.accounts.models import HeldRole, Person, SetupLink, SignIn
from lms.actor import Role
from lms.db.uow import UnitOfWork
from lms.errors import NotFound
from lms.ids import PersonId
from lms.organisation.models import Unit
from lms.organisation.repository import within
from lms.text import fold
from lms.web.paging import page_of

WITH_UNIT = (selectinload(Person.unit),)
WHOLE = (selectinload(Person.unit), selectinload(Person.roles).selectinload(HeldRole.unit))


class People:
    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    async def get(self, person_id: str) -> Person:
        person = await self._session.get(Person, person_id, options=WHOLE)
        if person is None:
            raise NotFound("person_not_found")
        return person

    async def whole(self, person_id: str) -> Person:
        """Read again from the database, roles and unit included, after they changed."""
        query = select(Person).where(Person.id == person_id).options(*WHOLE).execution_options(populate_existing=True)
        return (await self._session.scalars(query)).one()

    async def with_login(self, login: str) -> Person | None:
        return await self._session.scalar(select(Person).where(Person.login == login.lower()).options(*WHOLE))

    async def lock(self, person_id: PersonId) -> None:
        """What this person does elsewhere at the same moment waits until the transaction ends."""
        await self._session.execute(select(Person.id).where(Person.id == person_id).with_for_update())

    async def existing(self, person_ids: Iterable[str]) -> set[PersonId]:
        return set(await self._session.scalars(select(Person.id).where(Person.id.in_(list(person_ids)))))

    async def among(self, person_ids: Iterable[PersonId]) -> Sequence[Person]:
        """By name, with their unit."""
        query = select(Person).where(Person.id.in_(list(person_ids))).options(*WITH_UNIT)
        return (await self._session.scalars(query.order_by(Person.folded_name, Person.login))).all()

    async def all_by_login(self) -> dict[str, Person]:
        return {person.login: person for person in await self._session.scalars(select(Person).options(*WHOLE))}

    async def active_inside(self, path: str) -> Sequence[PersonId]:
        query = select(Person.id).join(Unit).where(within([path]), Person.is_active.is_(True))
        return (await self._session.scalars(query)).all()

    async def page(
        self, *, paths: Iterable[str], words: str, below: str | None, page: int, page_size: int
    ) -> tuple[Sequence[Person], int]:
        """People of units in `paths` (and below `below` if given) whose name or login holds all words."""
        query = select(Person).join(Unit).where(within(paths))
        if below is not None:
            query = query.where(within([below]))
        query = _holding(query, words)
        total = await self._session.scalar(select(func.count()).select_from(query.subquery()))
        ordered = page_of(query.options(*WHOLE).order_by(Person.folded_name, Person.login), page, page_size)
        return (await self._session.scalars(ordered)).all(), total or 0

    async def has_administrator(self) -> bool:
        query = (
            select(HeldRole.id)
            .join(Person, Person.id == HeldRole.person_id)
            .where(HeldRole.role == Role.ADMINISTRATOR, Person.is_active.is_(True))
            .limit(1)
        )
        return await self._session.scalar(query) is not None

    async def top_administrators(self) -> set[PersonId]:
        """Active people who administer the whole tree."""
        query = (
            select(HeldRole.person_id)
            .join(Person, Person.id == HeldRole.person_id)
            .join(Unit, Unit.id == HeldRole.unit_id)
            .where(HeldRole.role == Role.ADMINISTRATOR, Unit.parent_id.is_(None), Person.is_active.is_(True))
        )
        return set(await self._session.scalars(query))

    def add(self, person: Person) -> None:
        self._session.add(person)


def _holding(query: Select[Any], words: str) -> Select[Any]:
    for word in fold(words).split():
        query = query.where(
            or_(Person.folded_name.contains(word, autoescape=True), Person.login.contains(word, autoescape=True))
        )
    return query


class SignIns:
    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    async def person_of(self, token_hash: str, now: datetime) -> Person | None:
        query = (
            select(Person)
            .join(SignIn, SignIn.person_id == Person.id)
            .where(SignIn.token_hash == token_hash, SignIn.expires_at > now, Person.is_active.is_(True))
            .options(*WHOLE)
        )
        return await self._session.scalar(query)

    def add(self, sign_in: SignIn) -> None:
        self._session.add(sign_in)

    async def remove(self, token_hash: str) -> None:
        await self._session.execute(delete(SignIn).where(SignIn.token_hash == token_hash))

    async def remove_of(self, person_id: PersonId) -> None:
        await self._session.execute(delete(SignIn).where(SignIn.person_id == person_id))

    async def remove_expired(self, now: datetime) -> None:
        await self._session.execute(delete(SignIn).where(SignIn.expires_at <= now))


class SetupLinks:
    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    def add(self, link: SetupLink) -> None:
        self._session.add(link)

    async def usable(self, token_hash: str, now: datetime) -> SetupLink | None:
        link = await self._session.get(SetupLink, token_hash)
        return link if link is not None and link.used_at is None and link.expires_at > now else None

    async def remove_unused(self) -> None:
        await self._session.execute(delete(SetupLink).where(SetupLink.used_at.is_(None)))
