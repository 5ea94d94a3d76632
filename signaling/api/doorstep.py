"""Who has connected but not yet asked: a bounded number, for a bounded time, so that nobody holds all descriptors of a
process by connecting alone. Whoever is too many is told so at once.
"""

import asyncio
import contextlib
import signal
from dataclasses import dataclass, field
from typing import cast

import structlog
from aiohttp import web

# to send the head of a request: a phone on a bad line needs a few
PATIENCE_S = 10.0
MAX_HEAD = 64 * 1024
# who is sent away is heard out for a moment, else it may never read why; so many at one time
FAREWELL_S = 1.0
MOST_FAREWELLS = 16
# between two requests on one connection
KEEPALIVE_S = 75.0
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 53\r\n\r\n"
    b"this node has no descriptor left for more connections"
)

log = structlog.get_logger("doorstep")


@dataclass(slots=True)
class Doorstep:
    """Makes the protocol of each new connection. `most`: connections at one time, requests and sockets included."""

    server: web.Server
    most: int
    waiting: set["Visitor"] = field(default_factory=set)
    leaving: set["Visitor"] = field(default_factory=set)
    _told_at: float = float("-inf")

    def __call__(self) -> "Visitor":
        return Visitor(self)

    def has_room(self) -> bool:
        """For one more; when there is none the log has it once in a while."""
        if len(self.waiting) + len(self.server.connections) < self.most:
            return True
        now = asyncio.get_running_loop().time()
        if now - self._told_at > PATIENCE_S:
            self._told_at = now
            log.warning("no descriptor left for more connections", waiting=len(self.waiting), most=self.most)
        return False


class Visitor(asyncio.Protocol):
    """One connection until the head of its first request is there; then the server's own protocol goes on."""

    def __init__(self, doorstep: Doorstep) -> None:
        self._doorstep = doorstep
        self._transport: asyncio.Transport | None = None
        self._head = bytearray()
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._doorstep.has_room():
            self._stay(self._doorstep.waiting, PATIENCE_S)
        elif len(self._doorstep.leaving) < MOST_FAREWELLS:
            self._stay(self._doorstep.leaving, FAREWELL_S)
            self._transport.write(FULL)
        else:
            self._transport.abort()

    def _stay(self, among: set["Visitor"], seconds: float) -> None:
        assert self._transport is not None
        among.add(self)
        self._end = asyncio.get_running_loop().call_later(seconds, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._transport is None or self not in self._doorstep.waiting:
            if self._transport is not None:
                self._transport.close()
            return
        self._head += data
        if b"\r\n\r\n" in self._head or len(self._head) > MAX_HEAD:
            self._hand_over(self._transport)

    def _hand_over(self, transport: asyncio.Transport) -> None:
        """The server judges what came, too long a head included."""
        self._leave()
        protocol = self._doorstep.server()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(bytes(self._head))

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def _leave(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
        self._doorstep.waiting.discard(self)
        self._doorstep.leaving.discard(self)


async def serve(runner: web.AppRunner, host: str, port: int, most: int) -> None:
    """Until SIGINT or SIGTERM. OSError when the port is taken."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    try:
        await runner.setup()
        server = runner.server
        assert server is not None
        async with contextlib.AsyncExitStack() as stack:
            listener = await loop.create_server(Doorstep(server, most), host, port, backlog=1024)
            stack.callback(listener.close)
            await ended.wait()
    finally:
        await runner.cleanup()
