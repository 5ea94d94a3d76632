"""The datagram end of one transport: what aiortc takes for an ICE transport, over the native data plane.

The data plane hands over only DTLS datagrams that came from a validated address, and sends only to one.
"""

import asyncio

from sfu._dataplane import Dataplane, DataplaneError
from sfu.ids import TransportId

# a handshake flight is four datagrams; a burst of data messages waits here while the loop is busy
MAX_WAITING = 1024


class Endpoint:
    # read by aiortc: we are ICE-lite, hence controlled
    role = "controlled"

    def __init__(self, plane: Dataplane, transport: TransportId) -> None:
        self._plane = plane
        self._transport = transport
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)
        self._is_closed = False

    def handle_datagram(self, datagram: bytes) -> None:
        """A full queue drops, as a network would: DTLS and SCTP repeat."""
        if not self._is_closed and not self._waiting.full():
            self._waiting.put_nowait(datagram)

    def close(self) -> None:
        self._is_closed = True

    async def _recv(self) -> bytes:
        if self._is_closed:
            raise ConnectionError("endpoint closed")
        return await self._waiting.get()

    async def _send(self, datagram: bytes) -> None:
        if self._is_closed:
            raise ConnectionError("endpoint closed")
        try:
            self._plane.send_dtls(self._transport, datagram)
        except DataplaneError as error:
            raise ConnectionError(str(error)) from error
