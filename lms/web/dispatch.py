"""From a request to its handler and back: read the input, open the transaction, find the actor, answer.

The answer is written only after the commit: what a client has been told is true.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from lms.actor import Actor
from lms.db.engine import Database
from lms.db.uow import UnitOfWork
from lms.errors import Invalid, Malformed, NotFound, TooLarge, Unauthenticated
from lms.web.auth import ACTOR_SOURCE, require_csrf_header, session_token
from lms.web.call import Call
from lms.web.openapi import is_schema
from lms.web.routing import Access, Route, Transaction

JSON_LIMIT = 1024 * 1024
API_PREFIX = "/api/v1"

DATABASE = web.AppKey("database", Database)
CLOCK: web.AppKey[Callable[[], datetime]] = web.AppKey("clock")


def mount(app: web.Application, routes: list[Route]) -> None:
    for route in routes:
        app.router.add_route(route.method, API_PREFIX + route.path, _endpoint(route))
    app.router.add_route("*", "/api/{rest:.*}", _nothing_here)


async def _nothing_here(_request: web.Request) -> web.StreamResponse:
    raise NotFound("no_such_path")


def _endpoint(route: Route) -> Callable[[web.Request], Any]:
    async def endpoint(request: web.Request) -> web.StreamResponse:
        require_csrf_header(request)
        _refuse_nul([*request.match_info.values(), *request.query.values()])
        arguments = dict(request.match_info)
        if route.query is not None:
            arguments["query"] = _read_query(request, route.query)
        if route.body is not None:
            arguments["body"] = await _read_body(request, route.body)
        return _render(route, await _run(request, route, arguments))

    return endpoint


async def _run(request: web.Request, route: Route, arguments: dict[str, Any]) -> Any:
    database, now = request.app[DATABASE], request.app[CLOCK]()
    if route.transaction is Transaction.OWN:
        async with database.begin(read_only=True) as uow:
            actor = await _actor(request, route, uow, now)
        call = Call(request=request, database=database, now=now, unit_of_work=None, asker=actor)
        return await route.handler(call, **arguments)
    async with database.begin(read_only=route.transaction is Transaction.READ) as uow:
        actor = await _actor(request, route, uow, now)
        call = Call(request=request, database=database, now=now, unit_of_work=uow, asker=actor)
        return await route.handler(call, **arguments)


async def _actor(request: web.Request, route: Route, uow: UnitOfWork, now: datetime) -> Actor | None:
    if route.options.access is Access.PUBLIC:
        return None
    token = session_token(request)
    actor = await request.app[ACTOR_SOURCE](uow, token, now) if token else None
    if actor is None:
        raise Unauthenticated("not_signed_in")
    return actor


def _refuse_nul(texts: Iterable[str]) -> None:
    """PostgreSQL keeps no NUL in a text, and no person writes one."""
    if any("\0" in text for text in texts):
        raise Invalid("invalid_input")


def _read_query(request: web.Request, wanted: Any) -> Any:
    try:
        return msgspec.convert(dict(request.query), type=wanted, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error


async def _read_body(request: web.Request, wanted: Any) -> Any:
    if (request.content_length or 0) > JSON_LIMIT:
        raise TooLarge("too_large")
    content = await request.read()
    if len(content) > JSON_LIMIT:
        raise TooLarge("too_large")
    if b"\\u0000" in content:
        raise Invalid("invalid_input")
    try:
        return msgspec.json.decode(content, type=wanted)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("malformed") from error


def _invalid(error: msgspec.ValidationError) -> Invalid:
    """msgspec says "… - at `$.roles[0].role`"; the path becomes the field, the rest its code in plain text."""
    text, _, place = str(error).partition(" - at `$")
    field = place.rstrip("`").lstrip(".") or "body"
    return Invalid("invalid_input", fields={field: text})


def _render(route: Route, answer: Any) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    headers = {"Cache-Control": "no-store"}
    if answer is None:
        return web.Response(status=route.options.status, headers=headers)
    if not is_schema(type(answer)):
        raise TypeError(f"{route.handler.__name__} answered {type(answer).__name__}")
    body = msgspec.json.encode(answer)
    return web.Response(status=route.options.status, body=body, content_type="application/json", headers=headers)
