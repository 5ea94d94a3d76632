"""Whether the node lives: what clients, the supervisor and load balancers ask."""

from aiohttp import web

from signaling.api.background import FAILURES


async def healthz(request: web.Request) -> web.Response:
    """200 while everything that must run does."""
    failed = request.app[FAILURES]
    return web.json_response({"status": "failed" if failed else "ok", "failed": failed}, status=503 if failed else 200)


async def root(request: web.Request) -> web.Response:
    """Clients warm up the connection with it."""
    return web.Response(text="OK")


def add_routes(app: web.Application) -> None:
    """`/` and `/healthz`."""
    app.router.add_get("/", root)
    app.router.add_get("/healthz", healthz)
