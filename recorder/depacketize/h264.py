"""H.264 out of RTP (RFC 6184): single NAL units, STAP-A, FU-A. Packets come in order, holes announced.

Invariant: an access unit leaves only when every packet of it is there, and after a hole only from the next IDR on.
Its first packet cannot be missed: the first slice must start at macroblock 0, and the parameter sets must be there
again when this sender's last IDR carried them.
Frames leave as length-prefixed NAL units (ISO 14496-15) without parameter sets, which stand in the configuration.
"""

import struct
from dataclasses import dataclass, field

from recorder.depacketize.sps import SpsError, read_sps
from recorder.media import CodedFrame, VideoConfig
from recorder.rtp import RtpPacket

_IDR, _SPS, _PPS = 5, 7, 8
_STAP_A, _FU_A = 24, 28
# SEI, delimiters and fillers: nothing a player needs.
_DROPPED = frozenset((6, 9, 10, 11, 12))


class BrokenPayload(Exception):
    """A payload that is no H.264 RTP payload of a kind we take."""


@dataclass(slots=True)
class H264Depacketizer:
    config: VideoConfig | None = None
    timestamp: int | None = None
    units: list[bytes] = field(default_factory=list)
    fragment: list[bytes] = field(default_factory=list)
    sps: dict[int, bytes] = field(default_factory=dict)
    pps: dict[int, bytes] = field(default_factory=dict)
    needs_key: bool = True
    is_broken: bool = False
    has_sets: bool = False
    repeats_sets: bool = False

    def push(self, packet: RtpPacket) -> list[CodedFrame]:
        if not packet.payload:
            return []
        out: list[CodedFrame] = []
        if self.timestamp is not None and packet.timestamp != self.timestamp:
            out += self._finish()
        self.timestamp = packet.timestamp
        try:
            self._take(packet.payload)
        except BrokenPayload:
            self.hole()
        return out + self._finish() if packet.has_marker else out

    def hole(self) -> None:
        """Packets are missing here: the access unit in the making is lost, and all up to the next IDR."""
        self.is_broken = self.timestamp is not None
        self.needs_key = True
        self.fragment = []

    def _take(self, payload: bytes) -> None:
        kind = payload[0] & 0x1F
        if 1 <= kind <= 23:
            self._unit(payload)
        elif kind == _STAP_A:
            for unit in split_aggregate(payload):
                self._unit(unit)
        elif kind == _FU_A:
            self._fragment(payload)
        else:
            raise BrokenPayload

    def _fragment(self, payload: bytes) -> None:
        if len(payload) < 3:
            raise BrokenPayload
        header = payload[1]
        if header & 0x80:
            self.fragment = [bytes((payload[0] & 0xE0 | header & 0x1F,))]
        elif not self.fragment:
            raise BrokenPayload
        self.fragment.append(payload[2:])
        if header & 0x40:
            unit, self.fragment = b"".join(self.fragment), []
            self._unit(unit)

    def _unit(self, unit: bytes) -> None:
        kind = unit[0] & 0x1F
        if kind == _SPS:
            if len(unit) < 5:
                raise BrokenPayload
            self.sps[0] = unit
            self.has_sets = True
        elif kind == _PPS:
            self.pps[pps_id(unit)] = unit
        elif kind not in _DROPPED:
            self.units.append(unit)

    def _finish(self) -> list[CodedFrame]:
        units, timestamp, has_sets = self.units, self.timestamp, self.has_sets
        is_whole = not self.is_broken and not self.fragment
        self.units, self.fragment, self.timestamp = [], [], None
        self.is_broken = self.has_sets = False
        if not is_whole:
            self.needs_key = True
            return []
        if not units or timestamp is None:
            return []
        config = None
        if any(unit[0] & 0x1F == _IDR for unit in units):
            if self.needs_key and not self._is_from_start(units, has_sets):
                return []
            config = self._configure()
            self.needs_key = self.needs_key and config is None
            self.repeats_sets = has_sets
        if self.needs_key:
            return []
        return [CodedFrame(timestamp, b"".join(struct.pack(">I", len(u)) + u for u in units), config)]

    def _is_from_start(self, units: list[bytes], has_sets: bool) -> bool:
        starts_at_zero = len(units[0]) > 1 and units[0][1] >= 0x80
        return starts_at_zero and (has_sets or not self.repeats_sets)

    def _configure(self) -> VideoConfig | None:
        if not self.sps or not self.pps:
            return None
        sps, pps = self.sps[0], tuple(self.pps[key] for key in sorted(self.pps))
        if self.config is None or (self.config.sps, self.config.pps) != ((sps,), pps):
            try:
                width, height = read_sps(sps)
            except SpsError:
                return None
            self.config = VideoConfig("h264", width, height, (sps,), pps)
        return self.config


def split_aggregate(payload: bytes) -> list[bytes]:
    """The NAL units of a STAP-A."""
    units: list[bytes] = []
    offset = 1
    while offset < len(payload):
        size = int.from_bytes(payload[offset : offset + 2], "big")
        offset += 2
        if size == 0 or offset + size > len(payload):
            raise BrokenPayload
        units.append(payload[offset : offset + size])
        offset += size
    return units


def pps_id(unit: bytes) -> int:
    """pic_parameter_set_id: the first Exp-Golomb number of a PPS."""
    if len(unit) < 2:
        raise BrokenPayload
    zeros = 0
    bits = int.from_bytes(unit[1:5].ljust(4, b"\0"), "big")
    while zeros < 16 and not bits >> (31 - zeros) & 1:
        zeros += 1
    return (bits >> (31 - 2 * zeros) & ((2 << zeros) - 1)) - 1 if zeros < 16 else 0
