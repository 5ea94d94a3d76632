"""Twirp: `POST /twirp/<service>/<method>`, protobuf or JSON in, the same out, errors always JSON.

A service is a table of methods; every other service that LiveKit's libraries know answers `unimplemented`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from sfu.errors import (
    AlreadyExistsError,
    LimitExceededError,
    NotAllowedError,
    NotFoundError,
    NotReadyError,
    RemoteProtocolError,
    SfuError,
    UnsupportedError,
)
from signaling.api.access import Doorkeeper
from signaling.protocol.tokens import Claims, TokenError

BODY_BYTES_LIMIT = 2 * 1024 * 1024
STATUSES: Mapping[str, int] = {
    "unauthenticated": 401,
    "permission_denied": 403,
    "not_found": 404,
    "bad_route": 404,
    "invalid_argument": 400,
    "malformed": 400,
    "already_exists": 409,
    "resource_exhausted": 429,
    "failed_precondition": 412,
    "unimplemented": 501,
    "internal": 500,
    "unavailable": 503,
}
OTHER_SERVICES = frozenset({"Egress", "Ingress", "SIP", "AgentDispatchService", "Connector"})
_CODES: tuple[tuple[type[SfuError], str], ...] = (
    (NotFoundError, "not_found"),
    (NotAllowedError, "permission_denied"),
    (AlreadyExistsError, "already_exists"),
    (NotReadyError, "failed_precondition"),
    (LimitExceededError, "resource_exhausted"),
    (UnsupportedError, "unimplemented"),
    (RemoteProtocolError, "invalid_argument"),
)


class TwirpError(Exception):
    """A refusal as the caller sees it; `code` is one of STATUSES."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One call: the message it takes, who may make it, what it does."""

    takes: type[Message]
    check: Callable[[Claims, Any], bool]
    call: Callable[[Any], Message | Awaitable[Message]]


class TwirpService:
    """A service under its full name."""

    def __init__(self, name: str, methods: Mapping[str, Method], doorkeeper: Doorkeeper) -> None:
        self.name = name
        self._methods = methods
        self._doorkeeper = doorkeeper

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call."""
        try:
            return await self._handle(request)
        except TwirpError as error:
            return _error(error.code, str(error))
        except TokenError as error:
            return _error("unauthenticated", str(error))
        except SfuError as error:
            code = next((code for kind, code in _CODES if isinstance(error, kind)), "internal")
            return _error(code, str(error))

    async def _handle(self, request: web.Request) -> web.Response:
        method = self._methods.get(request.match_info["method"])
        if method is None:
            raise TwirpError("bad_route", f"no method {request.match_info['method']} in {self.name}")
        claims = self._doorkeeper.claims(request, needs_identity=False)
        is_json = request.content_type == "application/json"
        if not is_json and request.content_type != "application/protobuf":
            raise TwirpError("bad_route", f"unexpected Content-Type: {request.content_type}")
        message = _parse(await request.read(), method.takes, is_json=is_json)
        if not method.check(claims, message):
            raise TwirpError("permission_denied", "the token does not allow it")
        answer = method.call(message)
        return _answer(answer if isinstance(answer, Message) else await answer, is_json=is_json)


def _parse(body: bytes, takes: type[Message], *, is_json: bool) -> Message:
    try:
        if is_json:
            return json_format.Parse(body or b"{}", takes(), ignore_unknown_fields=True)
        return takes.FromString(body)
    except (DecodeError, json_format.ParseError, RecursionError, ValueError) as error:
        raise TwirpError("malformed", f"the request cannot be read: {error}") from error


def _answer(message: Message, *, is_json: bool) -> web.Response:
    if not is_json:
        return web.Response(body=message.SerializeToString(), content_type="application/protobuf")
    text = json_format.MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None
    )
    return web.Response(text=text, content_type="application/json")


def _error(code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "msg": message}, status=STATUSES[code])


async def _other(request: web.Request) -> web.Response:
    service = request.match_info["service"]
    if service in OTHER_SERVICES:
        return _error("unimplemented", f"{service} is not served here")
    return _error("bad_route", f"no such service: {service}")


def add_routes(app: web.Application, service: TwirpService) -> None:
    """The service's path and those of the services we know only by name."""
    for slash in ("/", "//"):
        app.router.add_post(f"{slash}twirp/{service.name}/{{method}}", service.handle)
        app.router.add_post(f"{slash}twirp/livekit.{{service}}/{{method}}", _other)
