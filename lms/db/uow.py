"""Unit of work: one request or one hook is one transaction. Application code never commits; it may flush."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(slots=True)
class UnitOfWork:
    """The session of one transaction; `emitted` says that the outbox has something new once it commits."""

    session: AsyncSession
    emitted: list[Any] = field(default_factory=list)

    async def flush(self) -> None:
        await self.session.flush()
