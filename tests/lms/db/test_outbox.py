"""Work after the commit: once when it works, again until it does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lms.db.engine import Database
from lms.db.outbox import LONGEST_WAIT_S, Outbox, OutboxRow, emit, wait_after
from tests.support.lms import START, Clock


@dataclass
class Errand:
    """Fails as often as told, and remembers."""

    failures: int = 0
    done: list[Mapping[str, Any]] = field(default_factory=list)

    async def run(self, payload: Mapping[str, Any]) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("nobody there")
        self.done.append(payload)


def an_outbox(database: Database, errand: Errand, clock: Clock) -> Outbox:
    return Outbox(database, {"delete_room": errand.run}, clock.read)


async def ask(database: Database, number: int, now: datetime = START) -> None:
    async with database.begin() as uow:
        emit(uow, "delete_room", {"number": number}, now)


async def rows(database: Database) -> list[OutboxRow]:
    async with database.begin(read_only=True) as uow:
        return list(await uow.session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


async def test_an_errand_is_run_once(database: Database) -> None:
    errand, clock = Errand(), Clock()
    outbox = an_outbox(database, errand, clock)
    await ask(database, 1)
    assert await outbox.run_due() == 0
    assert await outbox.run_due() > 0
    assert errand.done == [{"number": 1}]
    assert (await rows(database))[0].done_at == START


async def test_what_was_rolled_back_is_not_run(database: Database) -> None:
    errand = Errand()
    with pytest.raises(RuntimeError):
        async with database.begin() as uow:
            emit(uow, "delete_room", {"number": 1}, START)
            raise RuntimeError("the request failed")
    await an_outbox(database, errand, Clock()).run_due()
    assert errand.done == []


async def test_a_failed_errand_waits_and_is_tried_again(database: Database) -> None:
    errand, clock = Errand(failures=2), Clock()
    outbox = an_outbox(database, errand, clock)
    await ask(database, 1)
    await outbox.run_due()
    row = (await rows(database))[0]
    assert (row.attempts, row.last_error, row.done_at) == (1, "ConnectionError: nobody there", None)
    await outbox.run_due()
    assert errand.failures == 1, "not before it is due"
    for _ in range(3):
        clock.now += timedelta(seconds=LONGEST_WAIT_S)
        await outbox.run_due()
    assert errand.done == [{"number": 1}]


async def test_one_failing_errand_does_not_hold_up_the_next(database: Database) -> None:
    errand = Errand(failures=1)
    await ask(database, 1)
    await ask(database, 2, START + timedelta(milliseconds=1))
    outbox = an_outbox(database, errand, Clock(START + timedelta(seconds=1)))
    await outbox.run_due()
    assert errand.done == [{"number": 2}]


async def test_an_errand_nobody_knows_stays_and_is_told(database: Database) -> None:
    await ask(database, 1)
    await Outbox(database, {}, Clock().read).run_due()
    assert (await rows(database))[0].last_error.startswith("KeyError")


async def test_a_listener_hears_of_work_after_the_commit_only(database: Database) -> None:
    heard: list[str] = []
    database.on_emitted(lambda: heard.append("work"))
    async with database.begin() as uow:
        emit(uow, "delete_room", {}, START)
        assert heard == []
    assert heard == ["work"]
    async with database.begin():
        pass
    assert heard == ["work"]


def test_waits_double_and_are_bounded() -> None:
    assert [wait_after(attempts) for attempts in (0, 1, 2, 3)] == [0.5, 1.0, 2.0, 4.0]
    assert wait_after(500) == LONGEST_WAIT_S
