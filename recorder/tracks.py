"""One recorded track from RTP to placed media: per SSRC a reorder buffer and a clock, per track what came out last.

Pure; all times are session seconds. A packet's arrival may lie before `now`, the latest arrival of the room: the
writer of the journal waits for retransmissions too. Frames leave in strictly rising time.
"""

from dataclasses import dataclass, field

from recorder.depacketize.h264 import H264Depacketizer
from recorder.depacketize.opus import CLOCK_RATE, packet_samples
from recorder.depacketize.vp8 import Vp8Depacketizer
from recorder.media import CodedFrame, Frame
from recorder.reorder import Arrived, Hole, ReorderBuffer
from recorder.rtp import RtpPacket, unwrap
from recorder.timeline import SenderClock, StreamClock

# Simulcast layers and restarted senders: more SSRCs than this at a time is noise.
MAX_STREAMS = 4
# A hole is told to the viewer from this length on.
TOLD_GAP_S = 0.2


@dataclass(frozen=True, slots=True)
class TrackInfo:
    """What the journal says of a track when it opens."""

    number: int
    sid: str
    participant_sid: str
    identity: str
    name: str
    kind: str
    source: str
    codec: str
    clock_rate: int
    payload_type: int


@dataclass(frozen=True, slots=True)
class Gap:
    start_s: float
    length_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Sound:
    """One Opus packet on the session clock; `is_first` when packets before it are missing."""

    at_s: float
    payload: bytes
    samples: int
    is_after_hole: bool


@dataclass(slots=True)
class Stream:
    """One SSRC of a track, put in order and clocked."""

    clock: StreamClock
    buffer: ReorderBuffer = field(default_factory=ReorderBuffer)
    depacketizer: H264Depacketizer | Vp8Depacketizer | None = None
    held: RtpPacket | None = None
    resets: int = 0
    used_s: float = 0.0

    def push(self, packet: RtpPacket, arrival_s: float, now: float) -> list[Arrived | Hole]:
        self.used_s = now
        if self.clock.observe(packet.timestamp, arrival_s) is None:
            self.held = packet
            return []
        out: list[Arrived | Hole] = []
        if self.clock.resets != self.resets:
            self.resets = self.clock.resets
            if self.held is not None:
                out += self.buffer.push(self.held, now)
        self.held = None
        return out + self.buffer.push(packet, now)

    def session_s(self, timestamp: int) -> float:
        last = self.clock.last
        return self.clock.session_s(timestamp if last is None else unwrap(timestamp, last, 32))


@dataclass(slots=True)
class Track:
    """What sound and picture tracks share: the streams, the sender's clock, the first and last moment."""

    info: TrackInfo
    sender: SenderClock
    streams: dict[int, Stream] = field(default_factory=dict)
    is_muted: bool = False
    start_s: float | None = None
    last_s: float | None = None
    lost_from_s: float | None = None
    gaps: list[Gap] = field(default_factory=list)

    def _stream(self, ssrc: int, now: float) -> Stream:
        stream = self.streams.get(ssrc)
        if stream is None:
            if len(self.streams) >= MAX_STREAMS:
                del self.streams[min(self.streams, key=lambda key: self.streams[key].used_s)]
            stream = self.streams[ssrc] = Stream(StreamClock(self.info.clock_rate, self.sender), used_s=now)
        return stream

    def report(self, ssrc: int, ntp_s: float, timestamp: int, now: float) -> None:
        """Takes in a sender report of one of the track's streams."""
        if ssrc in self.streams:
            self.streams[ssrc].clock.observe_report(ntp_s, timestamp, now)

    def take_gaps(self) -> list[Gap]:
        gaps, self.gaps = self.gaps, []
        return gaps

    def _saw(self, at_s: float) -> None:
        self.start_s = at_s if self.start_s is None else self.start_s
        self.last_s = at_s

    def _lost(self) -> None:
        if self.lost_from_s is None:
            self.lost_from_s = self.last_s

    def _found(self, at_s: float) -> None:
        if self.lost_from_s is not None and at_s - self.lost_from_s >= TOLD_GAP_S:
            self.gaps.append(Gap(self.lost_from_s, at_s - self.lost_from_s, "packet_loss"))
        self.lost_from_s = None


@dataclass(slots=True)
class VideoTrack(Track):
    active: int | None = None

    def push(self, packet: RtpPacket, arrival_s: float, now: float) -> list[Frame]:
        """The frames that this packet completes."""
        stream = self._stream(packet.ssrc, now)
        if stream.depacketizer is None:
            stream.depacketizer = H264Depacketizer() if self.info.codec == "h264" else Vp8Depacketizer()
        return self._frames(packet.ssrc, stream, stream.push(packet, arrival_s, now))

    def poll(self, now: float) -> list[Frame]:
        """The frames that leave because packets before them are given up."""
        out: list[Frame] = []
        for ssrc, stream in self.streams.items():
            if stream.buffer.waiting:
                out += self._frames(ssrc, stream, stream.buffer.poll(now))
        return out

    def flush(self) -> list[Frame]:
        out: list[Frame] = []
        for ssrc, stream in self.streams.items():
            out += self._frames(ssrc, stream, stream.buffer.flush())
        return out

    def _frames(self, ssrc: int, stream: Stream, items: list[Arrived | Hole]) -> list[Frame]:
        out: list[Frame] = []
        depacketizer = stream.depacketizer
        assert depacketizer is not None
        for item in items:
            if isinstance(item, Hole):
                depacketizer.hole()
                if ssrc == self.active:
                    self._lost()
                continue
            for coded in depacketizer.push(item.packet):
                frame = self._place(ssrc, stream, coded)
                if frame is not None:
                    out.append(frame)
            if depacketizer.needs_key and ssrc == self.active:
                self._lost()
        return out

    def _place(self, ssrc: int, stream: Stream, coded: CodedFrame) -> Frame | None:
        if ssrc != self.active:
            if not coded.is_key:
                return None
            self.active = ssrc
        assert stream.depacketizer is not None and stream.depacketizer.config is not None
        at_s = max(0.0, stream.session_s(coded.timestamp))
        if self.last_s is not None:
            at_s = max(at_s, self.last_s + 0.001)
        if coded.is_key:
            self._found(at_s)
        self._saw(at_s)
        return Frame(at_s, coded.data, coded.is_key, coded.config or stream.depacketizer.config)


@dataclass(slots=True)
class AudioTrack(Track):
    is_after_hole: bool = True

    def push(self, packet: RtpPacket, arrival_s: float, now: float) -> list[Sound]:
        stream = self._stream(packet.ssrc, now)
        return self._sounds(stream, stream.push(packet, arrival_s, now))

    def poll(self, now: float) -> list[Sound]:
        out: list[Sound] = []
        for stream in self.streams.values():
            if stream.buffer.waiting:
                out += self._sounds(stream, stream.buffer.poll(now))
        return out

    def flush(self) -> list[Sound]:
        return [sound for s in self.streams.values() for sound in self._sounds(s, s.buffer.flush())]

    def _sounds(self, stream: Stream, items: list[Arrived | Hole]) -> list[Sound]:
        out: list[Sound] = []
        for item in items:
            if isinstance(item, Hole):
                self.is_after_hole = True
                self._lost()
                continue
            samples = packet_samples(item.packet.payload)
            if not samples:
                continue
            at_s = stream.session_s(item.packet.timestamp)
            self._found(at_s)
            out.append(Sound(at_s, item.packet.payload, samples, self.is_after_hole))
            self.is_after_hole = False
            self._saw(at_s + samples / CLOCK_RATE)
        return out
