"""SCTP over a scripted association: aiortc's for what is right, chunks by hand for what is not."""

import asyncio
from typing import Any

from aiortc import RTCDataChannel, RTCDataChannelParameters, RTCSctpTransport
from aiortc.rtcsctptransport import Chunk, DataChunk, RTCSctpCapabilities, serialize_packet
from OpenSSL import SSL

from tests.support.scripted_association import PATIENCE_S, Association

SCTP_PORT = 5000
FIRST, LAST, UNORDERED = 2, 1, 4
BINARY, DCEP = 53, 50


class _Dtls:
    """What aiortc's SCTP asks of its DTLS transport."""

    state = "connected"
    _role = "client"

    def __init__(self, association: Association) -> None:
        self._association = association
        self._receiver: Any = None

    def _register_data_receiver(self, receiver: Any) -> None:
        self._receiver = receiver

    def _unregister_data_receiver(self, receiver: Any) -> None:
        self._receiver = None

    async def _send_data(self, data: bytes) -> None:
        self._association.send_data(data)

    async def pump(self) -> None:
        ssl = self._association.ssl
        assert ssl is not None
        while True:
            ssl.bio_write(await self._association.dtls.get())
            try:
                data = ssl.recv(1500)
            except SSL.Error:
                continue
            if data and self._receiver is not None:
                await self._receiver._handle_data(data)


class ScriptedChannels:
    """`open` once the association has shaken hands; then `send` says it right and `chunk` as it is told."""

    def __init__(self, association: Association) -> None:
        self._dtls = _Dtls(association)
        self.sctp = RTCSctpTransport(self._dtls, SCTP_PORT)  # type: ignore[arg-type]
        self._association = association
        self._tasks: list[asyncio.Task[None]] = []
        self.channels: dict[str, RTCDataChannel] = {}

    async def open(self, *labels: str) -> None:
        self._tasks.append(asyncio.create_task(self._dtls.pump()))
        await self.sctp.start(RTCSctpCapabilities(maxMessageSize=65536), SCTP_PORT)
        for label in labels:
            self.channels[label] = RTCDataChannel(self.sctp, RTCDataChannelParameters(label=label))
        async with asyncio.timeout(PATIENCE_S):
            while any(channel.readyState != "open" for channel in self.channels.values()):
                await asyncio.sleep(0.01)

    def send(self, label: str, payload: bytes) -> None:
        self.channels[label].send(payload)

    def chunk(self, chunk: Chunk) -> None:
        """One chunk, past all congestion control."""
        self.packet(bytes(chunk))

    def packet(self, chunks: bytes, tag: int | None = None) -> None:
        """Chunks of any bytes under a right checksum and, unless told otherwise, the right tag."""
        raw = _Raw(chunks)
        right = self.sctp._remote_verification_tag
        self._association.send_data(serialize_packet(SCTP_PORT, SCTP_PORT, right if tag is None else tag, raw))

    def data(self, payload: bytes, *, flags: int, stream: int = 50, ahead: int = 0, kind: int = BINARY) -> None:
        """A DATA chunk; `ahead` skips numbers, 0 takes the next."""
        chunk = DataChunk(flags=flags)
        chunk.tsn = (self.sctp._local_tsn + ahead) % (1 << 32)
        chunk.stream_id, chunk.stream_seq, chunk.protocol, chunk.user_data = stream, 0, kind, payload
        if ahead == 0:
            self.sctp._local_tsn = (self.sctp._local_tsn + 1) % (1 << 32)
        self.chunk(chunk)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.sctp._t1_cancel()
        self.sctp._t2_cancel()
        self.sctp._t3_cancel()


class _Raw(Chunk):
    """Bytes that pass for a chunk."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def __bytes__(self) -> bytes:
        return self._raw
