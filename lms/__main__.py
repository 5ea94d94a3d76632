"""Read the configuration, build the application, run it until told to stop."""

import sys

import uvloop
from aiohttp import web

from lms.app import create_app
from lms.config import ConfigError, read
from lms.logs import configure

SHUTDOWN_S = 2.0


def main() -> int:
    try:
        config = read()
    except ConfigError as error:
        sys.stderr.write(f"lms: {error}\n")
        return 2
    configure(config.log_level)
    web.run_app(
        create_app(config),
        host=config.host,
        port=config.port,
        access_log=None,
        print=None,
        shutdown_timeout=SHUTDOWN_S,
        loop=uvloop.new_event_loop(),
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
