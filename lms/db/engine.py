"""The database by URL: SQLite (one file, WAL) or PostgreSQL, behind the same unit of work.

SQLite writers queue at BEGIN IMMEDIATE, so two of them never deadlock half-way through; readers never wait.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from lms.db.uow import UnitOfWork

BUSY_TIMEOUT_MS = 10_000
_READ_ONLY = "lophop_read_only"


class Database:
    """Opens transactions; `on_emitted` is told after a commit that left work in the outbox."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._listeners: list[Callable[[], None]] = []

    @classmethod
    def open(cls, url: str) -> "Database":
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        return cls(open_engine(parsed))

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def on_emitted(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    @asynccontextmanager
    async def begin(self, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        async with AsyncSession(self.engine, expire_on_commit=False, autoflush=False) as session:
            await session.connection(execution_options={_READ_ONLY: read_only})
            uow = UnitOfWork(session)
            yield uow
            if read_only:
                # what was read stays readable afterwards: a rollback would expire it
                session.expunge_all()
                await session.rollback()
                return
            await session.commit()
        if uow.has_emitted:
            for listener in self._listeners:
                listener()

    async def close(self) -> None:
        await self.engine.dispose()


def open_engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=10)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    # the driver must not open transactions by itself: _begin_sqlite says which kind
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
