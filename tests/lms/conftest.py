"""Every database test runs on SQLite and on PostgreSQL.

SQLite: a file migrated once and copied for each test. PostgreSQL: one database migrated once and emptied
before each test, children first, which is far quicker than creating or truncating.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from lms.admin import migrate
from lms.db.engine import Database
from lms.logs import configure
from lms.schema import METADATA
from tests.support.lms import Lms, start_lms
from tests.support.postgresql import Server


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """As in production: JSON lines, without the coloured tracebacks that cost seconds each."""
    configure("info")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("lms") / "template.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: Server) -> str:
    url = postgresql_server.create("lms")
    asyncio.run(migrate(url))
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_template"))
    file = tmp_path / "lms.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), file)
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database.open(database_url)
    if not opened.is_sqlite:
        await empty(opened)
    yield opened
    await opened.close()


async def empty(database: Database) -> None:
    async with database.engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            # a unit may be the parent of another: SQL checks the key when the statement ends
            await connection.execute(delete(table))


@pytest.fixture
async def lms(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Lms]:
    async with start_lms(database, database_url, tmp_path) as running:
        yield running
