"""VP8 out of RTP (RFC 7741). Packets come in order, holes announced.

Invariant: a frame leaves only when every packet of it is there, and after a hole only from the next key frame on.
"""

from dataclasses import dataclass, field

from recorder.media import CodedFrame, VideoConfig
from recorder.rtp import RtpPacket

_START_CODE = b"\x9d\x01\x2a"


@dataclass(slots=True)
class Vp8Depacketizer:
    config: VideoConfig | None = None
    timestamp: int | None = None
    parts: list[bytes] = field(default_factory=list)
    needs_key: bool = True

    def push(self, packet: RtpPacket) -> list[CodedFrame]:
        parsed = split_descriptor(packet.payload)
        if parsed is None:
            if packet.payload:
                self.hole()
            return []
        is_start, data = parsed
        out: list[CodedFrame] = []
        if self.timestamp is not None and packet.timestamp != self.timestamp:
            # Without a marker the frame is still whole when the next one starts in the very next packet.
            out += self._finish() if is_start else self._drop()
        if is_start and self.timestamp is None:
            self.timestamp = packet.timestamp
        if self.timestamp is None:
            self.needs_key = True
            return out
        self.parts.append(data)
        return out + self._finish() if packet.has_marker else out

    def hole(self) -> None:
        """Packets are missing here."""
        self._drop()

    def _drop(self) -> list[CodedFrame]:
        self.timestamp = None
        self.parts = []
        self.needs_key = True
        return []

    def _finish(self) -> list[CodedFrame]:
        assert self.timestamp is not None
        data, timestamp = b"".join(self.parts), self.timestamp
        self.timestamp, self.parts = None, []
        if not data:
            return []
        config = None
        if data[0] & 1 == 0:
            config = read_key_frame(data)
            if config is None:
                return self._drop()
            self.config = config
            self.needs_key = False
        return [] if self.needs_key else [CodedFrame(timestamp, data, config)]


def split_descriptor(payload: bytes) -> tuple[bool, bytes] | None:
    """(whether a frame starts here, VP8 bytes), or None when the payload descriptor is cut short."""
    if not payload:
        return None
    first, size = payload[0], 1
    if first & 0x80:
        if len(payload) < 2:
            return None
        extension, size = payload[1], 2
        if extension & 0x80:
            if len(payload) < 3:
                return None
            size += 2 if payload[2] & 0x80 else 1
        size += bool(extension & 0x40) + bool(extension & 0x30)
    if len(payload) <= size:
        return None
    return bool(first & 0x10) and first & 0x07 == 0, payload[size:]


def read_key_frame(data: bytes) -> VideoConfig | None:
    """The picture size a key frame states (RFC 6386 section 9.1)."""
    if len(data) < 10 or data[3:6] != _START_CODE:
        return None
    width = int.from_bytes(data[6:8], "little") & 0x3FFF
    height = int.from_bytes(data[8:10], "little") & 0x3FFF
    return VideoConfig("vp8", width, height) if width and height else None
