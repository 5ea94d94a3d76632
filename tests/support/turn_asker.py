"""A TURN client that asks for what it should not get: one UDP socket, one request at a time."""

import asyncio
import socket
from typing import Any

from aioice import stun, turn

from signaling.protocol.turn import Credential
from tests.support.namespace import Namespace
from tests.support.turn_server import PORT

UDP = 0x11000000
REPEAT_S = 1.0


class TurnAsker:
    """`await ask(...)` gives 0 for success or the error code. Close it."""

    def __init__(self, namespace: Namespace, server: str, credential: Credential) -> None:
        with namespace.inside():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect((server, PORT))
        self._credential = credential
        self._realm, self._nonce = "", b""

    def close(self) -> None:
        self.socket.close()

    async def allocate(self) -> int:
        return await self.ask(stun.Method.ALLOCATE, {"LIFETIME": 600, "REQUESTED-TRANSPORT": UDP})

    async def permit(self, peer: str) -> int:
        return await self.ask(stun.Method.CREATE_PERMISSION, {"XOR-PEER-ADDRESS": (peer, 7882)})

    async def bind(self, channel: int, peer: str, port: int = 7882) -> int:
        attributes = {"CHANNEL-NUMBER": channel, "XOR-PEER-ADDRESS": (peer, port)}
        return await self.ask(stun.Method.CHANNEL_BIND, attributes)

    def send_indication(self, peer: str, port: int, data: bytes) -> None:
        attributes = {"DATA": data, "XOR-PEER-ADDRESS": (peer, port)}
        self.socket.send(bytes(stun.Message(stun.Method.SEND, stun.Class.INDICATION, attributes=attributes)))

    async def ask(self, method: stun.Method, attributes: dict[str, Any]) -> int:
        """Answers a challenge once, as any client does."""
        response = await self._request(method, attributes)
        if response.error_code in (401, 438) and "NONCE" in response.attributes:
            is_first = not self._nonce
            self._realm, self._nonce = response.attributes["REALM"], response.attributes["NONCE"]
            if is_first or response.error_code == 438:
                response = await self._request(method, attributes)
        return response.error_code or 0

    async def _request(self, method: stun.Method, attributes: dict[str, Any]) -> stun.Message:
        request = stun.Message(method, stun.Class.REQUEST, attributes=dict(attributes))
        if self._nonce:
            name = self._credential.username
            request.attributes |= {"USERNAME": name, "REALM": self._realm, "NONCE": self._nonce}
            request.add_message_integrity(turn.make_integrity_key(name, self._realm, self._credential.password))
        loop = asyncio.get_running_loop()
        while True:
            self.socket.send(bytes(request))
            try:
                async with asyncio.timeout(REPEAT_S):
                    while True:
                        message = stun.parse_message(await loop.sock_recv(self.socket, 2048))
                        if message.transaction_id == request.transaction_id:
                            return message
            except TimeoutError:
                # lost under way or the server is busy: the same question again
                continue
