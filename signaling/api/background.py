"""Work that runs beside the requests for as long as the node lives; its failure shows in /healthz."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from aiohttp import web

FAILURES = web.AppKey("failures", list[str])

log = structlog.get_logger("node")


@contextlib.asynccontextmanager
async def running(app: web.Application, name: str, work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run `work` until the block ends."""

    async def watched() -> None:
        try:
            await work()
        except Exception:
            log.exception("background work failed", work=name)
            app[FAILURES].append(name)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(watched(), name=name)
        try:
            yield
        finally:
            task.cancel()
