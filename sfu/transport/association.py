"""aiortc's SCTP association with bounds: whatever the peer sends, it takes a bounded share of memory and of the loop.

What goes beyond a bound is not acknowledged, so a peer that means well sends it again; a message without end closes the
transport. Messages are read at the rate of `sfu.policy.reading`.
"""

import asyncio
import logging
import struct
import time

from aiortc import RTCSctpTransport
from aiortc.rtcsctptransport import Chunk, DataChunk, ForwardTsnChunk, SackChunk

from sfu.policy.reading import ReadingPace
from sfu.transport.dtls import DtlsTransport

logger = logging.getLogger(__name__)

TSN_MODULO = 1 << 32
UNORDERED = 0x04
# three labels are in use; clients number their streams as they like
MAX_STREAMS = 64
# chunks beyond the first missing one: more than any window of small messages that is worth keeping
MAX_AHEAD = 4096
# looked through for each chunk that comes: the largest message has some 220
MAX_UNORDERED_FRAGMENTS = 512
# held below the window we advertise (1 MiB), for what was on its way
MAX_OVERRUN = 1 << 20
# what keeping takes beside the bytes: of a message that waits, and of a chunk that is on its way (bytes included)
MESSAGE_COST = 256
CHUNK_COST = 2048


# common header; header of a chunk, and what a chunk with parameters has before them
PACKET_HEADER, CHUNK_HEADER = 12, 4
PARAMETERS_AT = {1: 16, 2: 16, 4: 0, 5: 0, 6: 0, 9: 0, 130: 0}


def is_sound(packet: bytes) -> bool:
    """Whether every parameter is at least as long as its own header: aiortc's reader never gets past a shorter one."""
    at = PACKET_HEADER
    while at + CHUNK_HEADER <= len(packet):
        kind, _, length = struct.unpack_from("!BBH", packet, at)
        end = at + length
        if length < CHUNK_HEADER or end > len(packet):
            return False
        if kind in PARAMETERS_AT:
            inner = at + CHUNK_HEADER + PARAMETERS_AT[kind]
            while inner + 4 <= end:
                (size,) = struct.unpack_from("!H", packet, inner + 2)
                if size < 4:
                    return False
                inner += size + -size % 4
        at = end + -length % 4
    return True


class Overrun(ConnectionError):
    """The peer sends a message that has no end."""


class Association(RTCSctpTransport):
    """A malformed packet or a gone peer ends nothing but that packet."""

    def __init__(self, dtls: DtlsTransport, port: int) -> None:
        super().__init__(dtls, port)
        self._pace = ReadingPace(time.monotonic())
        self._read_messages = 0
        self._read_bytes = 0
        # when the peer last acknowledged something new, or had everything
        self.moved_at = time.monotonic()

    @property
    def kept_bytes(self) -> int:
        """What is kept until the peer acknowledges it."""
        waiting = sum(channel.bufferedAmount for channel in self._data_channels.values())
        chunks = len(self._sent_queue) + len(self._outbound_queue)
        return waiting + MESSAGE_COST * len(self._data_channel_queue) + CHUNK_COST * chunks

    def let_go(self) -> None:
        """Of its channels, which keep it; once it has stopped."""
        self.remove_all_listeners()
        self._data_channels.clear()
        self._data_channel_queue.clear()

    async def _handle_data(self, data: bytes) -> None:
        self._read_messages = self._read_bytes = 0
        if not is_sound(data):
            return
        try:
            await super()._handle_data(data)
        except Overrun:
            logger.warning("a data message without end; its sender is cut off")
            raise
        except Exception:
            # whatever a peer's bytes provoke in the parser stays with those bytes
            logger.info("dropped a malformed SCTP packet", exc_info=True)
        # at least one turn of the loop for everybody else: packets that wait are read without one
        await asyncio.sleep(self._pace.owed_s(self._read_messages, self._read_bytes, time.monotonic()))

    async def _receive(self, stream_id: int, pp_id: int, data: bytes) -> None:
        self._read_messages += 1
        self._read_bytes += len(data)
        await super()._receive(stream_id, pp_id, data)

    async def _send_chunk(self, chunk: Chunk) -> None:
        try:
            await super()._send_chunk(chunk)
        except ConnectionError:
            pass

    async def _receive_data_chunk(self, chunk: DataChunk) -> None:
        if self._is_welcome(chunk):
            await super()._receive_data_chunk(chunk)

    def _is_welcome(self, chunk: DataChunk) -> bool:
        if self._last_received_tsn is None:
            return False
        ahead = (chunk.tsn - self._last_received_tsn) % TSN_MODULO
        room = self._advertised_rwnd - len(chunk.user_data)
        if ahead == 1 and room < -MAX_OVERRUN:
            raise Overrun("a data message without end")
        if MAX_AHEAD < ahead < TSN_MODULO // 2 or (ahead != 1 and room < 0):
            return False
        stream = self._inbound_streams.get(chunk.stream_id)
        if stream is None:
            return len(self._inbound_streams) < MAX_STREAMS
        return not (chunk.flags & UNORDERED and len(stream.reassembly) >= MAX_UNORDERED_FRAGMENTS)

    async def _receive_forward_tsn_chunk(self, chunk: ForwardTsnChunk) -> None:
        if self._last_received_tsn is not None:
            chunk.streams = [each for each in chunk.streams if each[0] in self._inbound_streams]
            await super()._receive_forward_tsn_chunk(chunk)

    async def _receive_sack_chunk(self, chunk: SackChunk) -> None:
        """Gaps are believed as far as they are about what was sent, each number once."""
        gaps, end = [], 0
        for first, last in chunk.gaps:
            if end < first <= last <= len(self._sent_queue):
                gaps.append((first, last))
                end = last
        chunk.gaps = gaps
        before = self._last_sacked_tsn
        await super()._receive_sack_chunk(chunk)
        if self._last_sacked_tsn != before:
            self.moved_at = time.monotonic()
