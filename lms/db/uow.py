"""Unit of work: one request or one hook is one transaction. Application code never commits; it may flush."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(slots=True)
class UnitOfWork:
    """The session of one transaction. `has_emitted` says that the outbox has something new once it commits."""

    session: AsyncSession
    has_emitted: bool = False

    async def flush(self) -> None:
        await self.session.flush()
