"""Data channels of one transport: LiveKit's labels over aiortc's SCTP.

Either side may have created a channel; its label decides what it is for. Reliable messages wait for their
channel to open, others are dropped while it is closed or its buffer is full. A peer that acknowledges nothing while
its buffer is full has stopped, and is given up.
"""

import time
from collections import deque
from collections.abc import Callable

from aiortc import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcsctptransport import RTCSctpCapabilities

from sfu.media import DataKind
from sfu.transport.association import Association
from sfu.transport.dtls import DtlsTransport

SCTP_PORT = 5000
MAX_HELD_BYTES = 1 << 20
# beyond this a lossy message would arrive too late to be of use
MAX_LOSSY_BUFFER = 1 << 17
# with what waits for the socket of its signalling a peer that has stopped keeps less than 4 MiB of ours
MAX_RELIABLE_BUFFER = 3 << 19
# so long nothing acknowledged while the buffer is full, and the peer has stopped: a bad line is slow, but moves
STOPPED_S = 5.0

OPTIONS = {
    DataKind.RELIABLE: RTCDataChannelParameters(label=DataKind.RELIABLE, ordered=True),
    DataKind.LOSSY: RTCDataChannelParameters(label=DataKind.LOSSY, ordered=False, maxRetransmits=0),
    DataKind.DATA_TRACK: RTCDataChannelParameters(label=DataKind.DATA_TRACK, ordered=False, maxRetransmits=0),
}

DataHandler = Callable[[DataKind, bytes], None]


def _unheard(_kind: DataKind, _payload: bytes) -> None: ...


def _unneeded() -> None: ...


class DataChannels:
    """`creates`: whether we open the channels (subscriber transport) or wait for the peer's. `on_stopped`: may be
    called from within `send`, each time.
    """

    def __init__(
        self, dtls: DtlsTransport, on_data: DataHandler, on_stopped: Callable[[], None], *, creates: bool
    ) -> None:
        self._sctp = Association(dtls, SCTP_PORT)
        self._on_data = on_data
        self._on_stopped = on_stopped
        self._channels: dict[DataKind, RTCDataChannel] = {}
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self._is_started = False
        self._sctp.on("datachannel", self._adopt)
        if creates:
            for options in OPTIONS.values():
                self._adopt(RTCDataChannel(self._sctp, options))

    async def start(self, max_message_size: int) -> None:
        """Once DTLS is connected; again is nothing."""
        if not self._is_started:
            self._is_started = True
            await self._sctp.start(RTCSctpCapabilities(maxMessageSize=max_message_size), SCTP_PORT)

    async def stop(self) -> None:
        if self._is_started:
            await self._sctp.stop()
        self._sctp.let_go()
        for channel in self._channels.values():
            channel.remove_all_listeners()
        self._channels.clear()
        self._held.clear()
        # they lead back to whoever owns us
        self._on_data, self._on_stopped = _unheard, _unneeded

    def send(self, kind: DataKind, payload: bytes) -> bool:
        """False when the message was dropped."""
        channel = self._channels.get(kind)
        if channel is None or channel.readyState != "open":
            return kind is DataKind.RELIABLE and self._hold(payload)
        if not self._has_room(kind, channel, len(payload)):
            return False
        try:
            channel.send(payload)
        except ValueError:
            # larger than the peer takes
            return False
        return True

    def _has_room(self, kind: DataKind, channel: RTCDataChannel, size: int) -> bool:
        if kind is not DataKind.RELIABLE:
            return channel.bufferedAmount <= MAX_LOSSY_BUFFER
        now, kept = time.monotonic(), self._sctp.kept_bytes
        if kept == 0:
            self._sctp.moved_at = now
        if kept + size <= MAX_RELIABLE_BUFFER:
            return True
        if now - self._sctp.moved_at > STOPPED_S:
            self._on_stopped()
        return False

    def _hold(self, payload: bytes) -> bool:
        if self._held_bytes + len(payload) > MAX_HELD_BYTES:
            return False
        self._held.append(payload)
        self._held_bytes += len(payload)
        return True

    def _adopt(self, channel: RTCDataChannel) -> None:
        try:
            kind = DataKind(channel.label)
        except ValueError:
            return
        self._channels[kind] = channel
        channel.on("message", lambda message: self._handle_message(kind, message))
        if kind is DataKind.RELIABLE:
            channel.on("open", self._release)
            self._release()

    def _handle_message(self, kind: DataKind, message: bytes | str) -> None:
        self._on_data(kind, message.encode() if isinstance(message, str) else message)

    def _release(self) -> None:
        channel = self._channels.get(DataKind.RELIABLE)
        if channel is None or channel.readyState != "open":
            return
        held, self._held, self._held_bytes = self._held, deque(), 0
        for payload in held:
            self.send(DataKind.RELIABLE, payload)
