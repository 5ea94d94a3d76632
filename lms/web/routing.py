"""A table of routes from which both the server and the OpenAPI document are made.

A handler's annotations are the contract: `body` and `query` are the msgspec types it reads, path parameters
come by name, the return annotation is what it answers. One request is one transaction, opened here and
committed before the answer leaves; a route marked OWN opens its own because it waits for something slow.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, get_type_hints

Handler = Callable[..., Awaitable[Any]]


class Access(StrEnum):
    SIGNED_IN = "signed_in"
    PUBLIC = "public"


class Transaction(StrEnum):
    READ = "read"
    WRITE = "write"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    path: str
    tag: str
    summary: str
    handler: Handler
    access: Access
    transaction: Transaction
    status: int
    media_type: str
    reads: str
    body: Any
    query: Any
    answer: Any


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The routes of one noun, in the order they are declared."""

    tag: str
    routes: list[Route] = field(default_factory=list)

    def get(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._declare("GET", path, summary, **options)

    def post(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._declare("POST", path, summary, **options)

    def patch(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._declare("PATCH", path, summary, **options)

    def delete(self, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        return self._declare("DELETE", path, summary, **options)

    def _declare(
        self,
        method: str,
        path: str,
        summary: str,
        *,
        access: Access = Access.SIGNED_IN,
        transaction: Transaction | None = None,
        status: int = 200,
        media_type: str = "application/json",
        reads: str = "application/json",
    ) -> Callable[[Handler], Handler]:
        chosen = transaction or (Transaction.READ if method == "GET" else Transaction.WRITE)

        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            self.routes.append(
                Route(
                    method=method,
                    path=path,
                    tag=self.tag,
                    summary=summary,
                    handler=handler,
                    access=access,
                    transaction=chosen,
                    status=status,
                    media_type=media_type,
                    reads=reads,
                    body=hints.get("body"),
                    query=hints.get("query"),
                    answer=hints.get("return"),
                )
            )
            return handler

        return declare
