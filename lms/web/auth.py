"""The session cookie, the CSRF header, and where a request comes from.

The cookie is HttpOnly and SameSite=Lax; a change also needs a header that no other site's form can send.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
from aiohttp import web

from lms.actor import Actor
from lms.db.uow import UnitOfWork
from lms.errors import Forbidden

COOKIE = "lophop_session"
CSRF_HEADER = "X-Lophop"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_IN_LIFE_S = 14 * 24 * 3600
_TOKEN_LIMIT = 200

ActorSource = Callable[[UnitOfWork, str, datetime], Awaitable[Actor | None]]
ACTOR_SOURCE: web.AppKey[ActorSource] = web.AppKey("actor_source")


def session_token(request: web.Request) -> str:
    token = request.cookies.get(COOKIE, "")
    return token if len(token) <= _TOKEN_LIMIT else ""


def require_csrf_header(request: web.Request) -> None:
    if request.method not in SAFE_METHODS and request.headers.get(CSRF_HEADER) != "1":
        raise Forbidden("missing_csrf_header")


def is_secure(request: web.Request) -> bool:
    return request.headers.get("X-Forwarded-Proto", request.scheme) == "https"


def client_address(request: web.Request) -> str:
    """The gateway in front appends the peer it saw, so only the last entry can be trusted."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return forwarded.rsplit(",", 1)[-1].strip() or request.remote or ""


def answer_signed_in(request: web.Request, me: msgspec.Struct, token: str) -> web.Response:
    response = web.Response(body=msgspec.json.encode(me), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE,
        token,
        max_age=SIGN_IN_LIFE_S,
        httponly=True,
        samesite="Lax",
        secure=is_secure(request),
        path="/",
    )
    return response


def answer_signed_out(request: web.Request) -> web.Response:
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=is_secure(request))
    return response
