"""Whether the node lives: what clients, the supervisor and load balancers ask."""

from collections.abc import Callable

from aiohttp import web

from signaling.api.background import FAILURES

OPEN_TRANSPORTS: web.AppKey[Callable[[], int]] = web.AppKey("open_transports")


async def healthz(request: web.Request) -> web.Response:
    """200 while everything that must run does."""
    failed = request.app[FAILURES]
    answer = {
        "status": "failed" if failed else "ok",
        "failed": failed,
        "transports": request.app[OPEN_TRANSPORTS](),
    }
    return web.json_response(answer, status=503 if failed else 200)


async def root(request: web.Request) -> web.Response:
    """Clients warm up the connection with it."""
    return web.Response(text="OK")


def add_routes(app: web.Application, open_transports: Callable[[], int]) -> None:
    """`/` and `/healthz`."""
    app[OPEN_TRANSPORTS] = open_transports
    app.router.add_get("/", root)
    app.router.add_get("/healthz", healthz)
