"""One request as a handler sees it: who asks, when, and the transaction it runs in."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from lms.actor import Actor
from lms.db.engine import Database
from lms.db.uow import UnitOfWork
from lms.errors import Unauthenticated


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    request: web.Request
    database: Database
    now: datetime
    unit_of_work: UnitOfWork | None
    asker: Actor | None

    @property
    def uow(self) -> UnitOfWork:
        if self.unit_of_work is None:
            raise RuntimeError("this route opens its own transaction")
        return self.unit_of_work

    @property
    def actor(self) -> Actor:
        if self.asker is None:
            raise Unauthenticated("not_signed_in")
        return self.asker
