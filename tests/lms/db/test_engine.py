"""Transactions on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from lms.db.engine import Database
from lms.ids import UnitId, new_id
from lms.live.models import TakenEvent
from lms.organisation.models import Unit


def an_event(name: str, at: datetime) -> TakenEvent:
    return TakenEvent(id=name, event="x", taken_at=at)


async def test_times_come_back_in_utc_to_the_microsecond(database: Database) -> None:
    hanoi = timezone(timedelta(hours=7))
    async with database.begin() as uow:
        uow.session.add(an_event("one", datetime(2026, 9, 1, 14, 0, 0, 123456, tzinfo=hanoi)))
    async with database.begin(read_only=True) as uow:
        stored = await uow.session.get_one(TakenEvent, "one")
    assert stored.taken_at == datetime(2026, 9, 1, 7, 0, 0, 123456, tzinfo=UTC)
    assert stored.taken_at.tzinfo is UTC


async def test_a_time_without_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        async with database.begin() as uow:
            uow.session.add(an_event("one", datetime(2026, 9, 1)))  # noqa: DTZ001
            await uow.flush()


async def test_an_error_keeps_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.begin() as uow:
            uow.session.add(an_event("one", datetime(2026, 9, 1, tzinfo=UTC)))
            await uow.flush()
            raise RuntimeError("half-way")
    async with database.begin(read_only=True) as uow:
        assert (await uow.session.scalars(select(TakenEvent))).all() == []


async def test_foreign_keys_are_kept(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.begin() as uow:
            orphan = Unit(id=UnitId(new_id()), code="x", name="x", kind="", parent_id=UnitId("nobody"), path="/x/")
            uow.session.add(orphan)


async def test_what_was_read_stays_readable(database: Database) -> None:
    async with database.begin() as uow:
        uow.session.add(an_event("one", datetime(2026, 9, 1, tzinfo=UTC)))
    async with database.begin(read_only=True) as uow:
        stored = await uow.session.get_one(TakenEvent, "one")
    assert stored.event == "x"


async def test_writers_at_once_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.begin() as uow:
            seen = len((await uow.session.scalars(select(TakenEvent.id))).all())
            uow.session.add(an_event(f"event {number}", datetime(2026, 9, 1, tzinfo=UTC)))
            assert seen < 12

    await asyncio.gather(*(write(number) for number in range(12)))
    async with database.begin(read_only=True) as uow:
        assert len((await uow.session.scalars(select(TakenEvent.id))).all()) == 12


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_keeps_a_write_ahead_log_and_waits(database: Database) -> None:
    async with database.begin(read_only=True) as uow:
        assert await uow.session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await uow.session.scalar(text("PRAGMA foreign_keys")) == 1
        assert await uow.session.scalar(text("PRAGMA busy_timeout")) == 10_000
