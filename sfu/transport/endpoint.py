"""The datagram end of one transport: what aiortc takes for an ICE transport, over the native data plane.

The data plane hands over only DTLS datagrams that came from a validated address, and sends only to one.
"""

import asyncio
from collections.abc import Callable

# a handshake flight is four datagrams; a burst of data messages waits here while the loop is busy
MAX_WAITING = 1024


def _nowhere(_datagram: bytes) -> bool:
    return False


class Endpoint:
    """`send` hands a datagram to the network; False or ConnectionError when it cannot be sent."""

    # read by aiortc: we are ICE-lite, hence controlled
    role = "controlled"

    def __init__(self, send: Callable[[bytes], bool]) -> None:
        self._send_datagram = send
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)
        self._is_deaf = self._is_closed = False

    def handle_datagram(self, datagram: bytes) -> None:
        """A full queue drops, as a network would: DTLS and SCTP repeat."""
        if not self._is_deaf and not self._waiting.full():
            self._waiting.put_nowait(datagram)

    def hang_up(self) -> None:
        """Takes nothing any more; whoever waits for a datagram, now or later, is told so. We may still send."""
        self._is_deaf = True
        if self._waiting.empty():
            self._waiting.put_nowait(b"")

    def close(self) -> None:
        self._is_closed = True
        self._send_datagram = _nowhere
        self.hang_up()

    async def _recv(self) -> bytes:
        datagram = b"" if self._is_deaf else await self._waiting.get()
        if self._is_deaf:
            raise ConnectionError("endpoint closed")
        return datagram

    async def _send(self, datagram: bytes) -> None:
        if self._is_closed:
            raise ConnectionError("endpoint closed")
        # without a validated address yet it is lost; DTLS repeats
        self._send_datagram(datagram)
