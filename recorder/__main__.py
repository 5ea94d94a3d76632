"""`python -m recorder`: reads the settings, follows journals until SIGTERM or SIGINT."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from recorder.config import ConfigError, RecorderConfig, load_config
from recorder.process import Recorder


def configure_logs(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Without local variables: a trace must never print a secret.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


async def run(config: RecorderConfig) -> None:
    """Records until a signal asks to stop."""
    task = asyncio.ensure_future(Recorder(config).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        structlog.get_logger().info("recorder stopped")


def main() -> int:
    path = os.environ.get("LOPHOP_CONFIG")
    try:
        if not path:
            raise ConfigError("LOPHOP_CONFIG names no file")
        config = load_config(Path(path))
    except ConfigError as error:
        sys.stderr.write(f"recorder: {error}\n")
        return 2
    configure_logs(config.log_level)
    asyncio.run(run(config))
    return 0


if __name__ == "__main__":
    sys.exit(main())
