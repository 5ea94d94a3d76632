"""The built web client: files as they are, every other path the same page, and a strict content policy.

Hashed assets never change, so they are cached for a year; the page that names them is asked for each time.
Files that were compressed at build time (.br, .gz beside them) are sent so to those who take it.
"""

import re
from pathlib import Path

from aiohttp import web

from lms.errors import NotFound
from lms.web.errors import Handler

IMMUTABLE = "public, max-age=31536000, immutable"
_HOST = re.compile(r"^[A-Za-z0-9.\-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$")
_NO_CLIENT = (
    "<!doctype html><html lang=vi><meta charset=utf-8><title>Lophop</title>"
    "<p>Chưa dựng giao diện web. Hãy chạy <code>make setup</code>.</p>"
    "<p lang=en>The web client has not been built. Run <code>make setup</code>.</p></html>"
)


def content_policy(host: str) -> str:
    """Only this server: no foreign script, frame, font or connection; blob: is what players and cameras need."""
    sockets = f" ws://{host} wss://{host}" if _HOST.match(host) else ""
    return (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        f"font-src 'self' data:; media-src 'self' blob:; connect-src 'self'{sockets}; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


@web.middleware
async def add_security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    if not response.prepared:
        response.headers.setdefault("Content-Security-Policy", content_policy(request.host))
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)")
    return response


def mount_client(app: web.Application, root: Path) -> None:
    """Last of all routes: it takes every path that nothing else took."""
    resolved = root.resolve()

    async def serve(request: web.Request) -> web.StreamResponse:
        return _answer(resolved, request.match_info["path"])

    app.router.add_get("/{path:.*}", serve)


def _answer(root: Path, path: str) -> web.StreamResponse:
    file = _inside(root, path)
    if file is not None and file.name != "index.html":
        is_hashed = path.startswith("assets/")
        return web.FileResponse(file, headers={"Cache-Control": IMMUTABLE if is_hashed else "no-cache"})
    if path.startswith("assets/"):
        raise NotFound("no_such_path")
    page = root / "index.html"
    if not page.is_file():
        return web.Response(status=503, text=_NO_CLIENT, content_type="text/html")
    return web.FileResponse(page, headers={"Cache-Control": "no-cache"})


def _inside(root: Path, path: str) -> Path | None:
    if not path or "\0" in path:
        return None
    try:
        file = (root / path).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None
    except OSError:
        return None
