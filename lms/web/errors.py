"""The single table from error category to HTTP status, and the middleware that renders every failure alike."""

from collections.abc import Awaitable, Callable

import msgspec
import structlog
from aiohttp import web
from sqlalchemy.exc import IntegrityError, OperationalError

from lms.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from lms.messages import message
from lms.web.schemas import ErrorBody, ErrorDetail

STATUS: dict[type[DomainError], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}
_HTTP_CODES = {404: "no_such_path", 405: "method_not_allowed", 413: "too_large"}

log = structlog.get_logger()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def render_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except DomainError as error:
        return error_response(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _response(error.status, _HTTP_CODES.get(error.status, "malformed"))
    except IntegrityError:
        # two requests raced past the same check; the database let only one through
        return error_response(Conflict("conflict"))
    except OperationalError:
        log.exception("database_unavailable", path=request.path)
        return error_response(Unavailable("busy"))
    except Exception:
        log.exception("request_failed", method=request.method, path=request.path)
        return _response(500, "internal_error")


def error_response(error: DomainError) -> web.Response:
    response = _response(STATUS[type(error)], error.code, fields=error.fields, data=error.data)
    if isinstance(error, TooMany) and "wait_s" in error.data:
        response.headers["Retry-After"] = str(error.data["wait_s"])
    return response


def _response(
    status: int, code: str, *, fields: dict[str, str] | None = None, data: dict[str, object] | None = None
) -> web.Response:
    vietnamese, english = message(code, data)
    detail = ErrorDetail(code=code, message_vi=vietnamese, message_en=english, fields=fields or {})
    return web.Response(
        status=status,
        body=msgspec.json.encode(ErrorBody(error=detail)),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
