"""Use cases of people and their roles."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from msgspec import UNSET

from lms.accounts.models import HeldRole, Person
from lms.accounts.passwords import Hasher
from lms.accounts.repository import People, SignIns
from lms.accounts.schemas import (
    Locale,
    Me,
    MeChange,
    NewPerson,
    PeoplePage,
    PeopleQuery,
    PersonChange,
    PersonLink,
    PersonView,
    RoleInput,
    RoleView,
)
from lms.actor import MANAGING_ROLES, Actor, Role, RoleScope
from lms.db.uow import UnitOfWork
from lms.errors import Conflict, Forbidden, NotFound
from lms.ids import PersonId, new_id
from lms.organisation.models import Unit
from lms.organisation.repository import Units
from lms.text import fold, tidy
from lms.web.schemas import Link


def actor_of(person: Person) -> Actor:
    return Actor(
        person_id=person.id,
        login=person.login,
        name=person.name,
        locale=person.locale,
        unit_id=person.unit_id,
        unit_name=person.unit.name,
        scopes=tuple(
            RoleScope(role=Role(held.role), unit_id=held.unit_id, unit_name=held.unit.name, unit_path=held.unit.path)
            for held in person.roles
        ),
    )


def me(actor: Actor) -> Me:
    return Me(
        id=actor.person_id,
        login=actor.login,
        name=actor.name,
        locale=cast(Locale, actor.locale),
        unit=Link(id=actor.unit_id, name=actor.unit_name),
        roles=[RoleView(role=s.role, unit_id=s.unit_id, unit_name=s.unit_name) for s in actor.scopes],
    )


def person_link(person: Person) -> PersonLink:
    return PersonLink(id=person.id, login=person.login, name=person.name, unit_name=person.unit.name)


def person_view(person: Person) -> PersonView:
    return PersonView(
        id=person.id,
        login=person.login,
        name=person.name,
        unit=Link(id=person.unit_id, name=person.unit.name),
        roles=[RoleView(role=Role(held.role), unit_id=held.unit_id, unit_name=held.unit.name) for held in person.roles],
        is_active=person.is_active,
        has_password=person.password_hash is not None,
    )


async def change_me(uow: UnitOfWork, actor: Actor, change: MeChange) -> Me:
    person = await People(uow).get(actor.person_id)
    person.locale = change.locale
    return me(actor_of(person))


async def list_people(uow: UnitOfWork, actor: Actor, query: PeopleQuery) -> PeoplePage:
    paths = actor.paths(*MANAGING_ROLES)
    if not paths:
        raise Forbidden("not_manager_here")
    below = (await Units(uow).get(query.unit_id)).path if query.unit_id else None
    people, total = await People(uow).page(
        paths=paths, words=query.query, below=below, page=query.page, page_size=query.page_size
    )
    items = [person_view(person) for person in people]
    return PeoplePage(items=items, total=total, page=query.page, page_size=query.page_size)


async def add_person(uow: UnitOfWork, actor: Actor, new: NewPerson, hasher: Hasher, now: datetime) -> PersonView:
    unit = await Units(uow).get(new.unit_id)
    actor.require_administers(unit.path)
    if await People(uow).with_login(new.login) is not None:
        raise Conflict("login_taken", fields={"login": "login_taken"})
    roles = await _checked_roles(uow, actor, new.roles or [RoleInput(role=Role.TRAINEE, unit_id=unit.id)])
    password_hash = await hasher.hash(new.password) if new.password else None
    person = enrol_in_unit(new.login, new.name, unit, now, password_hash)
    person.roles = roles
    People(uow).add(person)
    await uow.flush()
    return person_view(await People(uow).whole(person.id))


def enrol_in_unit(login: str, name: str, unit: Unit, now: datetime, password_hash: str | None) -> Person:
    """A new person of a unit; not yet stored, without roles."""
    return Person(
        id=PersonId(new_id()),
        login=login.strip().lower(),
        name=tidy(name),
        folded_name=fold(name),
        unit_id=unit.id,
        locale="vi",
        password_hash=password_hash,
        is_active=True,
        created_at=now,
    )


async def change_person(
    uow: UnitOfWork, actor: Actor, person_id: PersonId, change: PersonChange, hasher: Hasher
) -> PersonView:
    person = await People(uow).get(person_id)
    _require_administers(actor, person)
    if change.name is not UNSET:
        rename(person, change.name)
    if change.unit_id is not UNSET:
        unit = await Units(uow).get(change.unit_id)
        actor.require_administers(unit.path)
        person.unit_id = unit.id
    if change.roles is not UNSET:
        await _replace_roles(uow, actor, person, change.roles)
    if change.password is not UNSET:
        person.password_hash = await hasher.hash(change.password)
        await SignIns(uow).remove_of(person.id)
    if change.is_active is not UNSET:
        person.is_active = change.is_active
        if not person.is_active:
            await SignIns(uow).remove_of(person.id)
    await uow.flush()
    if not await People(uow).top_administrators():
        raise Conflict("last_administrator")
    return person_view(await People(uow).whole(person.id))


def rename(person: Person, name: str) -> None:
    person.name = tidy(name)
    person.folded_name = fold(name)


def _require_administers(actor: Actor, person: Person) -> None:
    """Whoever holds a role above one's own reach cannot be changed from below; strangers are not even shown."""
    if not actor.administers(person.unit.path):
        visible = actor.manages(person.unit.path)
        raise Forbidden("not_administrator_here") if visible else NotFound("person_not_found")
    if not all(actor.administers(held.unit.path) for held in person.roles):
        raise Forbidden("role_beyond_own")


async def _checked_roles(uow: UnitOfWork, actor: Actor, wanted: Sequence[RoleInput]) -> list[HeldRole]:
    found: dict[tuple[Role, str], HeldRole] = {}
    for each in wanted:
        unit = await Units(uow).get(each.unit_id)
        if not actor.administers(unit.path):
            raise Forbidden("role_beyond_own", fields={"roles": "role_beyond_own"})
        found[each.role, unit.id] = HeldRole(role=each.role, unit_id=unit.id)
    return list(found.values())


async def _replace_roles(uow: UnitOfWork, actor: Actor, person: Person, wanted: Sequence[RoleInput]) -> None:
    roles = {(held.role, held.unit_id): held for held in await _checked_roles(uow, actor, wanted)}
    kept = [held for held in person.roles if (held.role, held.unit_id) in roles]
    known = {(held.role, held.unit_id) for held in kept}
    person.roles = kept + [held for key, held in roles.items() if key not in known]
