"""Work that must follow a commit: a row in the same transaction, carried out afterwards, retried until it works."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import BigInteger, Index, Integer, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from lms.db.base import Base, UtcTime
from lms.db.engine import Database
from lms.db.uow import UnitOfWork

LONGEST_WAIT_S = 30.0
FIRST_WAIT_S = 0.5
IDLE_WAIT_S = 5.0
BATCH = 20

log = structlog.get_logger()
Errand = Callable[[Mapping[str, Any]], Awaitable[None]]


class OutboxRow(Base):
    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "done_at", "due_at"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)


def emit(uow: UnitOfWork, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Ask for an errand once this transaction has committed."""
    row = OutboxRow(kind=kind, payload=dict(payload), created_at=now, due_at=now, attempts=0, last_error="")
    uow.session.add(row)
    uow.has_emitted = True


def wait_after(attempts: int) -> float:
    """Seconds before the next try: doubling, bounded."""
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempts, 10))


class Outbox:
    """Runs due errands one after the other. An errand may run twice, so each must bear that."""

    def __init__(self, database: Database, errands: Mapping[str, Errand], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._errands = errands
        self._clock = clock
        self._wake = asyncio.Event()
        database.on_emitted(self._wake.set)

    async def run(self) -> None:
        while True:
            self._wake.clear()
            try:
                wait_s = await self.run_due()
            except Exception:
                log.exception("outbox_failed")
                wait_s = IDLE_WAIT_S
            if wait_s > 0:
                try:
                    async with asyncio.timeout(wait_s):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    async def run_due(self) -> float:
        """Do what is due; the answer is how long nothing will be (0: there may be more at once)."""
        now = self._clock()
        async with self._database.begin(read_only=True) as uow:
            open_rows = select(OutboxRow).where(OutboxRow.done_at.is_(None)).order_by(OutboxRow.due_at).limit(BATCH)
            rows = (await uow.session.scalars(open_rows)).all()
        due = [row for row in rows if row.due_at <= now]
        for row in due:
            await self._run_one(row)
        if due:
            return 0.0
        next_s = (rows[0].due_at - now).total_seconds() if rows else IDLE_WAIT_S
        return min(IDLE_WAIT_S, max(0.05, next_s))

    async def _run_one(self, row: OutboxRow) -> None:
        error = ""
        try:
            await self._errands[row.kind](row.payload)
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"[:500]
            log.warning("errand_failed", kind=row.kind, attempts=row.attempts + 1, error=error)
        now = self._clock()
        async with self._database.begin() as uow:
            stored = await uow.session.get_one(OutboxRow, row.id)
            if error:
                stored.attempts += 1
                stored.last_error = error
                stored.due_at = now + timedelta(seconds=wait_after(stored.attempts))
            else:
                stored.done_at = now
