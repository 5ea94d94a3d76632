"""The composition root: config in, application out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import aiohttp
import structlog
from aiohttp import web

from lms.accounts.passwords import Hasher
from lms.accounts.signing_in import DOOR, Door, find_actor
from lms.api import ROUTES
from lms.config import Config
from lms.db.engine import Database
from lms.db.outbox import Outbox
from lms.library.archives import ARCHIVES, Archives
from lms.live.hooks import HOOK_PATH, KEYS, receive
from lms.live.node_client import NodeClient
from lms.live.service import DELETE_ROOM, DESK, Desk, delete_room_errand, end_forgotten, forget_done
from lms.live.tickets import ApiKey
from lms.migrate import upgrade
from lms.openapi import rendered
from lms.web.auth import ACTOR_SOURCE
from lms.web.dispatch import CLOCK, DATABASE, mount
from lms.web.errors import render_errors
from lms.web.static import add_security_headers, mount_client

BODY_LIMIT = 16 * 1024 * 1024
SWEEP_EVERY_S = 15.0
SWEEPS_A_DAY = int(24 * 3600 / SWEEP_EVERY_S)

Resource = Callable[[web.Application], AsyncIterator[None]]
log = structlog.get_logger()


def system_clock() -> datetime:
    return datetime.now(UTC)


def create_app(config: Config, *, clock: Callable[[], datetime] = system_clock) -> web.Application:
    app = web.Application(middlewares=[add_security_headers, render_errors], client_max_size=BODY_LIMIT)
    app[CLOCK] = clock
    app[ACTOR_SOURCE] = find_actor
    app[KEYS] = {config.api_key: config.api_secret}
    app[DOOR] = Door(Hasher())
    app[ARCHIVES] = Archives(config.archive_root)
    app.cleanup_ctx.append(_database(config))
    app.cleanup_ctx.append(_live(config))
    app.router.add_get("/healthz", _healthz)
    document = rendered()

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=document, content_type="application/json")

    app.router.add_get("/api/openapi.json", openapi)
    app.router.add_post(HOOK_PATH, receive)
    mount(app, ROUTES)
    mount_client(app, Path(config.web_root))
    return app


async def _healthz(request: web.Request) -> web.Response:
    async with request.app[DATABASE].begin(read_only=True):
        return web.json_response({"status": "ok"})


def _database(config: Config) -> Resource:
    async def resource(app: web.Application) -> AsyncIterator[None]:
        database = Database.open(config.database)
        await upgrade(database)
        app[DATABASE] = database
        yield
        await database.close()

    return resource


def _live(config: Config) -> Resource:
    """The node client and what runs behind the requests: the outbox and the sweep of forgotten sessions."""

    async def resource(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as http:
            node = NodeClient(http, config.node_url, key=config.api_key, secret=config.api_secret)
            app[DESK] = Desk(
                node,
                api_key=ApiKey(key=config.api_key, secret=config.api_secret),
                public_url=config.public_url,
            )
            outbox = Outbox(app[DATABASE], {DELETE_ROOM: delete_room_errand(node)}, app[CLOCK])
            tasks = [asyncio.create_task(outbox.run()), asyncio.create_task(_sweep(app))]
            yield
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    return resource


async def _sweep(app: web.Application) -> None:
    for number in count():
        await asyncio.sleep(SWEEP_EVERY_S)
        try:
            if number % SWEEPS_A_DAY == 0:
                await forget_done(app[DATABASE], app[CLOCK]())
            ended = await end_forgotten(app[DATABASE], app[CLOCK]())
            if ended:
                log.info("forgotten_sessions_ended", count=ended)
        except Exception:
            log.exception("sweep_failed")
