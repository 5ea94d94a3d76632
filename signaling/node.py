"""The media node put together: engine, signal connections, server API, webhooks; one aiohttp application.

On shutdown clients are told to join again before their sockets close, and what is still to be announced is on disk
before the process ends.
"""

import os
import time
from collections.abc import AsyncIterator, Callable

import structlog
from aiohttp import web

from sfu.config import EngineConfig
from sfu.engine import Engine
from signaling.api import access, health, rooms, twirp, whip, ws
from signaling.api.background import FAILURES, running
from signaling.api.capacity import Capacity
from signaling.api.connections import Connections
from signaling.api.notify import Notifier
from signaling.api.removal_file import RemovalFile
from signaling.api.renewal import Renewal
from signaling.api.rooms import RoomService
from signaling.api.simulation import Simulator
from signaling.api.stays import HttpStays
from signaling.api.twirp import TwirpService
from signaling.api.viewers import Viewers
from signaling.api.webhooks import Webhooks
from signaling.config import NodeConfig
from signaling.protocol.naming import SidPrefix, new_sid
from signaling.session.announce import Announcer
from signaling.session.rate import Rate

ENGINE = web.AppKey("engine", Engine)
STAYS = web.AppKey("stays", HttpStays)
VIEWERS = web.AppKey("viewers", Viewers)
# long enough for the last Leave to reach everybody, short enough for a supervisor's patience
SHUTDOWN_TIMEOUT_S = 2.0
# a join request travels in the query, session description and all
LINE_BYTES_LIMIT = 65536

log = structlog.get_logger("node")


async def create_app(config: NodeConfig) -> web.Application:
    """The application of a node whose UDP port is already bound."""
    app = web.Application(middlewares=[access.answer_always], client_max_size=twirp.BODY_BYTES_LIMIT)
    app[FAILURES] = []
    app.on_response_prepare.append(access.on_prepare)
    engine = await Engine.create(_engine_config(config))
    app[ENGINE] = engine
    connections = Connections(engine, time.time)
    engine.events(connections.handle_event)
    doorkeeper = access.Doorkeeper(dict(config.api_keys), time.time)
    removed = RemovalFile(config.data_dir / "node" / "removed.jsonl", time.time())
    renewal = Renewal(signing_key=config.signing_key, clock=time.time)
    capacity = Capacity(engine.note_busy)
    door = ws.SignalDoor(
        engine=engine,
        connections=connections,
        doorkeeper=doorkeeper,
        joins=Rate(config.join_rate_per_s, config.join_rate_per_s),
        capacity=capacity,
        removals=removed.removals,
        renewal=renewal,
        simulator=Simulator(engine, connections) if config.allow_simulation else None,
        node_sid=new_sid(SidPrefix.NODE, os.urandom),
        turn=config.turn,
        clock=time.time,
    )
    health.add_routes(app, lambda: engine.open_transports)
    ws.add_routes(app, door)
    stays = HttpStays(time.time)
    engine.events(stays.handle_event)
    app[STAYS] = stays
    viewers = Viewers(engine, time.time)
    engine.events(viewers.handle_event)
    app[VIEWERS] = viewers
    whip.add_routes(app, whip.WhipDoor(door, stays, viewers))
    service = RoomService(engine, connections, removed, renewal, time.time)
    twirp.add_routes(app, TwirpService(rooms.SERVICE, service.methods(), doorkeeper))
    app.cleanup_ctx.append(lambda app: running(app, "capacity", capacity.run))
    app.cleanup_ctx.append(_announcing(config, engine))
    app.on_shutdown.append(_close_engine)
    return app


# beyond it, telling other threads of a packet costs more than they take off
MOST_THREADS_UNASKED = 16


def _engine_config(config: NodeConfig) -> EngineConfig:
    everywhere = "[::]" if any(":" in address for address in config.node_ips) else "0.0.0.0"
    return EngineConfig(
        bind=f"{everywhere}:{config.udp_port}",
        tcp_port=config.tcp_port,
        addresses=config.node_ips,
        journal_folder=config.data_dir / "journal",
        threads=config.media_threads or min(len(os.sched_getaffinity(0)), MOST_THREADS_UNASKED),
    )


def _announcing(config: NodeConfig, engine: Engine) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        path = config.data_dir / "node" / "outbox.sqlite3"
        notifier = Notifier(path, config.webhook_urls, config.signing_key, time.time)
        webhooks = Webhooks(notifier, Announcer(os.urandom), time.time)
        await notifier.open()
        engine.events(webhooks.handle_event)
        async with running(app, "webhooks", notifier.run), running(app, "presence", webhooks.run):
            yield
        webhooks.flush_all()
        await notifier.close()

    return context


async def _close_engine(app: web.Application) -> None:
    await app[ENGINE].close()
