"""What the program does to the database from outside the server: migrate, make the first administrator.

Each function opens the database by URL and closes it; the server may be running or not.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from lms.accounts.passwords import Hasher
from lms.accounts.schemas import PASSWORD_LEAST, is_login
from lms.accounts.signing_in import add_administrator, issue_setup_link
from lms.db.engine import Database
from lms.errors import DomainError
from lms.messages import message
from lms.migrate import upgrade


class AdminError(Exception):
    """Why it was not done, in both languages."""

    def __init__(self, code: str, **data: object) -> None:
        self.code = code
        self.message_vi, self.message_en = message(code, data)
        super().__init__(f"{self.message_vi} / {self.message_en}")


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Database]:
    """The database at its newest schema."""
    database = Database.open(database_url)
    try:
        await upgrade(database)
        yield database
    finally:
        await database.close()


async def migrate(database_url: str) -> None:
    async with opened(database_url):
        pass


async def create_administrator(database_url: str, *, login: str, name: str, password: str) -> None:
    if not is_login(login):
        raise AdminError("bad_login")
    if not name.strip():
        raise AdminError("name_empty")
    if len(password) < PASSWORD_LEAST:
        raise AdminError("password_too_short")
    password_hash = await Hasher().hash(password)
    async with opened(database_url) as database:
        try:
            async with database.begin() as uow:
                await add_administrator(uow, login=login, name=name, password_hash=password_hash, now=datetime.now(UTC))
        except DomainError as error:
            raise AdminError(error.code, **error.data) from error


async def setup_token(database_url: str) -> str | None:
    """A fresh one-time token for `<public>/setup#<token>`; None when an administrator exists."""
    async with opened(database_url) as database, database.begin() as uow:
        return await issue_setup_link(uow, datetime.now(UTC))
