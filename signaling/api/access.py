"""What every HTTP face shares: the token of a request, the client's errors, CORS on each answer.

CORS is for everybody, on errors too: a browser elsewhere reports "Failed to fetch" otherwise and retries for ever.
"""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from signaling.protocol.tokens import Claims, TokenError, verify

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ALLOWED_METHODS = "OPTIONS, HEAD, GET, POST, PATCH, DELETE"
CORS_LIFE_S = 86400

log = structlog.get_logger("http")


def token_of(request: web.Request) -> str:
    """The token a request carries: in the header, else in the query, as browsers must."""
    authorization = request.headers.get("Authorization", "")
    if authorization:
        return authorization.removeprefix("Bearer ").strip()
    return request.query.get("access_token", "")


class Doorkeeper:
    """Reads tokens with the configured keys."""

    def __init__(self, keys: dict[str, str], clock: Callable[[], float]) -> None:
        self._keys = keys
        self._clock = clock

    def claims(self, request: web.Request, *, needs_identity: bool) -> Claims:
        """What the request's token says; TokenError if it proves nothing."""
        token = token_of(request)
        if not token:
            raise TokenError("malformed", "no token")
        return verify(token, self._keys, self._clock(), needs_identity=needs_identity)


def add_cors(request: web.Request, headers: "web.StreamResponse") -> None:
    """Let any page read the answer."""
    answer = headers.headers
    answer["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    answer["Access-Control-Allow-Methods"] = ALLOWED_METHODS
    answer["Access-Control-Allow-Headers"] = request.headers.get("Access-Control-Request-Headers", "*")
    answer["Access-Control-Expose-Headers"] = "*"
    answer["Access-Control-Max-Age"] = str(CORS_LIFE_S)
    answer["Vary"] = "Origin"


async def on_prepare(request: web.Request, response: web.StreamResponse) -> None:
    """The signal that puts CORS on every answer, upgrades and errors included."""
    add_cors(request, response)


# what servers note for a client that closed its connection; it is never read
GONE = 499


@web.middleware
async def answer_always(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer preflights that no route answers, and turn our own bugs into a plain 500 that says nothing."""
    if request.method == "OPTIONS" and request.match_info.http_exception is not None:
        return web.Response()
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:
        if isinstance(error, ConnectionError) and (request.transport is None or request.transport.is_closing()):
            # who asked has gone before the answer: nobody's bug
            return web.Response(status=GONE)
        # the path has no token in it; the query may, and is never logged
        log.exception("request failed", path=request.path)
        return web.Response(status=500, text="internal error")
