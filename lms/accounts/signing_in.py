"""Signing in and out, and the one-time link that makes the first administrator.

Hashing takes tens of milliseconds, so it happens between two short transactions, never inside one.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from aiohttp import web

from lms.accounts.limiter import LoginLimiter
from lms.accounts.models import HeldRole, Person, SetupLink, SignIn
from lms.accounts.passwords import Hasher
from lms.accounts.repository import People, SetupLinks, SignIns
from lms.accounts.schemas import Credentials, Me, Setup
from lms.accounts.service import actor_of, enrol_in_unit, me
from lms.actor import Actor, Role
from lms.db.engine import Database
from lms.db.uow import UnitOfWork
from lms.errors import Conflict, Forbidden, TooMany, Unauthenticated
from lms.ids import PersonId
from lms.organisation.repository import Units
from lms.organisation.service import plant
from lms.web.auth import SIGN_IN_LIFE_S

SETUP_LINK_LIFE = timedelta(days=7)
TOP_UNIT_CODE = "so-gddt"
TOP_UNIT_NAME = "Sở Giáo dục và Đào tạo"


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def find_actor(uow: UnitOfWork, token: str, now: datetime) -> Actor | None:
    person = await SignIns(uow).person_of(hash_token(token), now)
    return None if person is None else actor_of(person)


async def sign_out(uow: UnitOfWork, token: str) -> None:
    await SignIns(uow).remove(hash_token(token))


async def open_sign_in(uow: UnitOfWork, person_id: PersonId, now: datetime) -> str:
    """A new session token; only its hash is stored."""
    token = new_token()
    await SignIns(uow).remove_expired(now)
    SignIns(uow).add(
        SignIn(
            token_hash=hash_token(token),
            person_id=person_id,
            created_at=now,
            expires_at=now + timedelta(seconds=SIGN_IN_LIFE_S),
        )
    )
    return token


class Door:
    """Lets people in: knows how to hash and how often somebody has tried."""

    def __init__(self, hasher: Hasher) -> None:
        self.hasher = hasher
        self._limiter = LoginLimiter()

    async def sign_in(self, database: Database, given: Credentials, address: str, now: datetime) -> tuple[str, Me]:
        login = given.login.strip().lower()
        self._refuse_when_tried_too_often(login, address, now)
        async with database.begin(read_only=True) as uow:
            person = await People(uow).with_login(login)
        known_hash = person.password_hash if person is not None and person.is_active else None
        if not await self.hasher.is_right(known_hash, given.password) or person is None:
            self._limiter.failed(login, address, now.timestamp())
            raise Unauthenticated("wrong_credentials")
        self._limiter.succeeded(login)
        renewed = await self.hasher.hash(given.password) if self.hasher.is_outdated(known_hash or "") else None
        async with database.begin() as uow:
            person = await People(uow).get(person.id)
            if renewed is not None:
                person.password_hash = renewed
            return await open_sign_in(uow, person.id, now), me(actor_of(person))

    async def set_up(self, database: Database, given: Setup, address: str, now: datetime) -> tuple[str, Me]:
        self._refuse_when_tried_too_often("#setup", address, now)
        password_hash = await self.hasher.hash(given.password)
        async with database.begin() as uow:
            link = await SetupLinks(uow).usable(hash_token(given.token), now)
            if link is None:
                self._limiter.failed("#setup", address, now.timestamp())
                raise Forbidden("setup_link_dead")
            link.used_at = now
            person = await add_administrator(
                uow, login=given.login, name=given.name, password_hash=password_hash, now=now, unit_name=given.unit_name
            )
            token = await open_sign_in(uow, person.id, now)
            await uow.flush()
            return token, me(actor_of(await People(uow).whole(person.id)))

    def _refuse_when_tried_too_often(self, login: str, address: str, now: datetime) -> None:
        wait_s = self._limiter.wait_s(login, address, now.timestamp())
        if wait_s:
            raise TooMany("too_many_attempts", wait_s=wait_s)


DOOR = web.AppKey("door", Door)


async def add_administrator(
    uow: UnitOfWork, *, login: str, name: str, password_hash: str, now: datetime, unit_name: str = ""
) -> Person:
    """An administrator of the whole tree; plants the top unit when there is none."""
    units = Units(uow)
    root = await units.root()
    if root is None:
        root = plant(TOP_UNIT_CODE, unit_name.strip() or TOP_UNIT_NAME, "department", None)
        units.add(root)
        await uow.flush()
    if await People(uow).with_login(login) is not None:
        raise Conflict("login_taken", fields={"login": "login_taken"})
    person = enrol_in_unit(login, name, root, now, password_hash)
    person.roles = [HeldRole(role=Role.ADMINISTRATOR, unit_id=root.id)]
    People(uow).add(person)
    await uow.flush()
    return person


async def issue_setup_link(uow: UnitOfWork, now: datetime) -> str | None:
    """A fresh one-time token, replacing unused ones; None when there is an administrator already."""
    if await People(uow).has_administrator():
        return None
    token = new_token()
    await SetupLinks(uow).remove_unused()
    SetupLinks(uow).add(SetupLink(token_hash=hash_token(token), created_at=now, expires_at=now + SETUP_LINK_LIFE))
    return token
