"""`python -m signaling`: one media node, until SIGTERM."""

import asyncio
import gc
import logging
import os
import sys
from typing import Any

import structlog
import uvloop
from aiohttp import web

from sfu.errors import SfuError
from signaling.api import doorstep
from signaling.api.capacity import most_connections
from signaling.config import ConfigError, NodeConfig, load
from signaling.node import LINE_BYTES_LIMIT, SHUTDOWN_TIMEOUT_S, create_app


def _set_up_logs(level: str) -> None:
    """JSON lines on stderr, libraries included. Access logs stay off: their URLs carry tokens."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    of_libraries = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(of_libraries)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def _set_aside() -> None:
    """Modules stay until the end: the collector need not look at them each time, nor wait until as much again has
    gathered for a full round, which is when what a closed signal connection leaves is found.
    """
    gc.collect()
    gc.freeze()
    # the size of what is left decides when the next full round is due
    gc.collect()


def _serve(config: NodeConfig) -> None:
    _set_aside()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(config))


async def _run(config: NodeConfig) -> None:
    app = web.AppRunner(
        await create_app(config),
        access_log=None,
        shutdown_timeout=SHUTDOWN_TIMEOUT_S,
        keepalive_timeout=doorstep.KEEPALIVE_S,
        max_line_size=LINE_BYTES_LIMIT,
    )
    await doorstep.serve(app, config.host, config.port, most_connections())


def main() -> int:
    """Read the settings, run, and say in one line why it cannot."""
    try:
        config = load(os.environ)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _set_up_logs(config.log_level)
    try:
        _serve(config)
    except (OSError, SfuError) as error:
        # a port that is taken, a folder that cannot be written: nothing a traceback explains better
        structlog.get_logger("node").error("cannot start", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
