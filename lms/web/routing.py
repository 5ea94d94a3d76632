"""A table of routes from which both the server and the OpenAPI document are made.

A handler's annotations are the contract: `body` and `query` are the msgspec types it reads, path parameters
come by name, the return annotation (or `answer`, when it builds the response itself) is what it answers. One request
is one transaction, committed before the answer leaves; a route marked OWN opens its own because it waits for
something slow.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, get_type_hints

Handler = Callable[..., Awaitable[Any]]
JSON = "application/json"


class Access(StrEnum):
    SIGNED_IN = "signed_in"
    PUBLIC = "public"


class Transaction(StrEnum):
    READ = "read"
    WRITE = "write"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a route differs from the usual: who may call, which transaction, what it reads and answers."""

    access: Access = Access.SIGNED_IN
    transaction: Transaction | None = None
    status: int = 200
    media_type: str = JSON
    reads: str = JSON
    answer: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    path: str
    tag: str
    summary: str
    handler: Handler
    options: Options
    body: Any
    query: Any
    answer: Any

    @property
    def transaction(self) -> Transaction:
        usual = Transaction.READ if self.method == "GET" else Transaction.WRITE
        return self.options.transaction or usual


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The routes of one noun, in the order they are declared."""

    tag: str
    routes: list[Route] = field(default_factory=list)

    def get(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._declare("GET", path, summary, Options(**options))

    def post(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._declare("POST", path, summary, Options(**options))

    def patch(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._declare("PATCH", path, summary, Options(**options))

    def delete(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._declare("DELETE", path, summary, Options(**options))

    def _declare(self, method: str, path: str, summary: str, options: Options) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            self.routes.append(
                Route(
                    method=method,
                    path=path,
                    tag=self.tag,
                    summary=summary,
                    handler=handler,
                    options=options,
                    body=hints.get("body"),
                    query=hints.get("query"),
                    answer=options.answer or hints.get("return"),
                )
            )
            return handler

        return declare
