"""A signal client without media: what goes over the socket, message by message."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient
from livekit.protocol import rtc

from signaling.protocol import tokens
from signaling.protocol.tokens import Claims, Grant

KEY, SECRET = "testkey", "a-secret-of-at-least-32-characters"


def a_token(identity: str = "an", *, key: str = KEY, secret: str = SECRET, life_s: float = 600, **grant: Any) -> str:
    rights: dict[str, Any] = {"room": "hall", "room_join": True} | grant
    claims = Claims(identity=identity, grant=Grant(**rights))
    return tokens.sign(claims, key=key, secret=secret, now=time.time(), life_s=life_s)


class Wire:
    """One socket of a client."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def receive(self) -> rtc.SignalResponse:
        message = await self.socket.receive()
        assert message.type is WSMsgType.BINARY, message
        return rtc.SignalResponse.FromString(message.data)

    async def until(self, member: str) -> Any:
        """The next message of that kind; others are passed over."""
        while True:
            response = await self.receive()
            if response.WhichOneof("message") == member:
                return getattr(response, member)

    async def ask(self, **message: Any) -> None:
        await self.socket.send_bytes(rtc.SignalRequest(**message).SerializeToString())

    async def closed(self) -> list[str]:
        """The kinds of messages that still come before the socket is closed."""
        kinds = []
        while (message := await self.socket.receive()).type is WSMsgType.BINARY:
            kinds.append(rtc.SignalResponse.FromString(message.data).WhichOneof("message") or "")
        assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING)
        return kinds


@asynccontextmanager
async def wired(
    node: TestClient[Any, Any] | ClientSession, identity: str = "an", query: str = "", **grant: Any
) -> AsyncIterator[Wire]:
    """A client in the room."""
    headers = {"Authorization": f"Bearer {a_token(identity, **grant)}"}
    async with node.ws_connect(f"/rtc?protocol=17{query}", headers=headers) as socket:
        yield Wire(socket)
