"""Journals made by hand: a writer of the format in docs/journal.md, real encoders, and a packetiser as senders use.

Pictures and tones encode the session second (tests/support/clock_media.py), so whatever comes out can be checked.
"""

import fcntl
import json
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import google_crc32c
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

from tests.support.clock_media import draw, tone

ZERO_MS = 1_790_000_000_000
MTU = 1000
FPS = 10
NTP_ZERO_S = 3_998_988_800.0
"""Where these senders' own clocks stand at session second 0; nothing may depend on it."""


@dataclass(frozen=True)
class Picture:
    at_s: float
    data: bytes
    is_key: bool


@lru_cache(maxsize=64)
def pictures(
    codec: str, start_s: float, end_s: float, width: int = 320, height: int = 180, key_every: int = 20
) -> tuple[Picture, ...]:
    """Coded pictures, `FPS` a second, each showing the second at which it is due."""
    encoder = av.CodecContext.create({"h264": "libx264", "vp8": "libvpx"}[codec], "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.bit_rate = Fraction(1, FPS), Fraction(FPS), 300_000
    encoder.gop_size, encoder.thread_count = key_every, 1
    if codec == "h264":
        encoder.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "x264-params": "scenecut=0:repeat-headers=1:annexb=1",
        }
    else:
        encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    out: list[Picture] = []
    for index in range(round((end_s - start_s) * FPS)):
        at_s = start_s + index / FPS
        gray = draw(at_s, width, height)
        chroma = np.full((height // 2, width), 128, np.uint8)
        frame = av.VideoFrame.from_ndarray(np.concatenate([gray, chroma]), format="yuv420p")
        frame.pts = index
        for packet in encoder.encode(frame):
            out.append(Picture(at_s, bytes(packet), packet.is_keyframe))
    return tuple(out)


@lru_cache(maxsize=64)
def sounds(start_s: float, end_s: float) -> tuple[tuple[float, bytes], ...]:
    """Opus packets of 20 ms with the tone of their second."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    encoder.bit_rate = 32_000
    encoder.options = {"application": "audio", "compression_level": "1"}
    out: list[tuple[float, bytes]] = []
    for index in range(round((end_s - start_s) * 50)):
        at_s = start_s + index / 50
        frame = av.AudioFrame.from_ndarray(tone(at_s, 960).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = 48_000
        out += [(at_s, bytes(packet)) for packet in encoder.encode(frame)]
    return tuple(out)


def nal_units(annex_b: bytes) -> list[bytes]:
    """The NAL units between start codes."""
    parts = annex_b.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part for part in parts if part]


def h264_payloads(annex_b: bytes) -> list[bytes]:
    """RTP payloads as browsers make them: parameter sets in a STAP-A, big slices as FU-A, small ones alone."""
    units = [unit for unit in nal_units(annex_b) if unit[0] & 0x1F not in (6, 9)]
    sets = [unit for unit in units if unit[0] & 0x1F in (7, 8)]
    out = [b"\x78" + b"".join(struct.pack(">H", len(unit)) + unit for unit in sets)] if sets else []
    for unit in units:
        if unit in sets:
            continue
        if len(unit) <= MTU:
            out.append(unit)
            continue
        body = unit[1:]
        pieces = [body[at : at + MTU] for at in range(0, len(body), MTU)]
        for index, piece in enumerate(pieces):
            ends = 0x80 * (index == 0) | 0x40 * (index == len(pieces) - 1)
            out.append(bytes((unit[0] & 0xE0 | 28, ends | unit[0] & 0x1F)) + piece)
    return out


def vp8_payloads(frame: bytes, picture_id: int = 0) -> list[bytes]:
    """RTP payloads with an extended descriptor: a 15-bit picture id, TL0PICIDX and a temporal id."""
    pieces = [frame[at : at + MTU] for at in range(0, len(frame), MTU)]
    tail = bytes((0xE0, 0x80 | picture_id >> 8 & 0x7F, picture_id & 0xFF, 1, 0))
    return [bytes((0x80 | 0x10 * (index == 0),)) + tail + piece for index, piece in enumerate(pieces)]


def rtp(
    payload: bytes, *, payload_type: int, sequence: int, timestamp: int, ssrc: int, has_marker: bool = False
) -> bytes:
    """An RTP packet with one header extension, as an SFU receives them."""
    head = struct.pack(
        ">BBHII",
        0x90,
        0x80 * has_marker | payload_type,
        sequence & 0xFFFF,
        timestamp & 0xFFFFFFFF,
        ssrc,
    )
    return head + b"\xbe\xde\x00\x01\x10\x80\x00\x00" + payload


@dataclass
class Sender:
    """One SSRC: numbers packets, stamps them with its own clock."""

    payload_type: int
    ssrc: int
    clock_rate: int
    sequence: int = 65_500
    base: int = 4_294_900_000

    def timestamp(self, at_s: float) -> int:
        return self.base + round(at_s * self.clock_rate)

    def packets(self, payloads: list[bytes], at_s: float) -> list[bytes]:
        out = []
        for index, payload in enumerate(payloads):
            is_last = index == len(payloads) - 1
            packet = rtp(
                payload,
                payload_type=self.payload_type,
                sequence=self.sequence,
                timestamp=self.timestamp(at_s),
                ssrc=self.ssrc,
                has_marker=is_last,
            )
            out.append(packet)
            self.sequence += 1
        return out

    def report(self, at_s: float) -> bytes:
        ntp = round((NTP_ZERO_S + at_s) * 2**32)
        return struct.pack("<IQI", self.ssrc, ntp, self.timestamp(at_s) & 0xFFFFFFFF)


def frame_bytes(kind: int, arrival_ns: int, track: int, payload: bytes) -> bytes:
    body = struct.pack("<BQI", kind, arrival_ns, track) + payload
    return struct.pack("<II", len(body), google_crc32c.value(body)) + body


class JournalWriter:
    """Writes one run, holding its lock; `at_s` are session seconds of a clock that starts at `zero_ms`."""

    def __init__(self, room: Path, run_ms: int, *, zero_ms: int = ZERO_MS, piece_bytes: int = 16 << 20) -> None:
        self.folder = room / f"{run_ms:013d}"
        self.folder.mkdir(parents=True)
        self.run_ms = run_ms
        self._zero_ms = zero_ms
        self._piece_bytes = piece_bytes
        self._piece = -1
        self._lock = os.open(self.folder / "writer.lock", os.O_CREAT | os.O_RDWR)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._open_piece()

    def _open_piece(self) -> None:
        self._piece += 1
        self._file = (self.folder / f"{self._piece:06d}.jnl").open("wb", buffering=0)
        self._file.write(struct.pack("<8sQ", b"LOPHOPJ1", self.run_ms))

    def write(self, kind: int, at_s: float, track: int, payload: bytes) -> None:
        if self._file.tell() >= self._piece_bytes:
            self._file.close()
            self._open_piece()
        arrival_ns = self._zero_ms * 1_000_000 + round(at_s * 1e9)
        self._file.write(frame_bytes(kind, arrival_ns, track, payload))

    def write_raw(self, data: bytes) -> None:
        self._file.write(data)

    def __enter__(self) -> "JournalWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the lock, as the end of the process would."""
        self._file.close()
        os.close(self._lock)


@dataclass(order=True)
class Line:
    """One record of a script."""

    at_s: float
    order: int
    kind: int = field(compare=False)
    track: int = field(compare=False)
    payload: bytes = field(compare=False)


@dataclass
class Script:
    """What happens in a session, in any order of telling; written out in order of arrival.

    Media told with `delay_s` arrives that much after it was captured.
    """

    room: str = "s-one"
    lines: list[Line] = field(default_factory=list)
    senders: dict[int, Sender] = field(default_factory=dict)

    def add(self, kind: int, at_s: float, track: int, payload: bytes) -> None:
        self.lines.append(Line(at_s, len(self.lines), kind, track, payload))

    def event(self, at_s: float, event: str, **fields: Any) -> None:
        self.add(1, at_s, 0, json.dumps({"event": event, **fields}).encode())

    def open(self, at_s: float = 0.0, zero_ms: int = ZERO_MS) -> "Script":
        self.event(at_s, "opened", room=self.room, sid="RM_one", at_ms=zero_ms + round(at_s * 1000))
        return self

    def close(self, at_s: float) -> "Script":
        self.event(at_s, "closed", reason="ended")
        return self

    def join(self, at_s: float, who: str) -> None:
        self.event(at_s, "participant_joined", sid=f"PA_{who}", identity=who, name=who.title())

    def track(self, at_s: float, number: int, who: str, source: str, codec: str) -> None:
        """Opens a track and gives it a sender."""
        is_sound = codec == "opus"
        payload_type = {"opus": 111, "vp8": 96, "h264": 102}.get(codec, 98)
        clock_rate = 48_000 if is_sound else 90_000
        self.senders[number] = Sender(payload_type, 1000 + number, clock_rate)
        self.event(
            at_s,
            "track_opened",
            track=number,
            sid=f"TR_{number}",
            participant_sid=f"PA_{who}",
            identity=who,
            name=f"{source} of {who}",
            kind="audio" if is_sound else "video",
            source=source,
            codec=codec,
            clock_rate=clock_rate,
            payload_type=payload_type,
            width=320,
            height=180,
        )

    def speak(self, number: int, start_s: float, end_s: float, *, delay_s: float = 0.03) -> None:
        sender = self.senders[number]
        for at_s, payload in sounds(start_s, end_s):
            self.add(2, at_s + delay_s, number, sender.packets([payload], at_s)[0])
        self._reports(number, start_s, end_s, delay_s)

    def film(
        self,
        number: int,
        start_s: float,
        end_s: float,
        *,
        codec: str = "h264",
        size: tuple[int, int] = (320, 180),
        delay_s: float = 0.05,
    ) -> None:
        sender = self.senders[number]
        for index, picture in enumerate(pictures(codec, start_s, end_s, *size)):
            payloads = h264_payloads(picture.data) if codec == "h264" else vp8_payloads(picture.data, index)
            for packet in sender.packets(payloads, picture.at_s):
                self.add(2, picture.at_s + delay_s, number, packet)
        self._reports(number, start_s, end_s, delay_s)

    def _reports(self, number: int, start_s: float, end_s: float, delay_s: float) -> None:
        at_s = start_s + 0.5
        while at_s < end_s:
            self.add(3, at_s + delay_s, number, self.senders[number].report(at_s))
            at_s += 2.0

    def drop(self, number: int, start_s: float, end_s: float) -> None:
        """Loses a track's packets that would arrive in the interval."""
        self.lines = [
            line
            for line in self.lines
            if not (line.kind == 2 and line.track == number and start_s <= line.at_s < end_s)
        ]

    def records(self) -> Iterator[tuple[int, float, int, bytes]]:
        for line in sorted(self.lines):
            yield line.kind, line.at_s, line.track, line.payload

    def write(self, data_dir: Path, *, run_at_s: float = 0.0, piece_bytes: int = 16 << 20) -> Path:
        """Writes it all as a finished run of `data_dir`/journal; returns the run's folder."""
        room = data_dir / "journal" / self.room
        writer = JournalWriter(room, ZERO_MS + round(run_at_s * 1000), piece_bytes=piece_bytes)
        for record in self.records():
            writer.write(*record)
        writer.close()
        return writer.folder


def teacher(end_s: float = 12.0, *, codec: str = "h264", room: str = "s-one") -> Script:
    """The plainest session: one person with camera and microphone from second 0 to the end."""
    script = Script(room).open()
    script.join(0.0, "ana")
    script.track(0.0, 1, "ana", "microphone", "opus")
    script.track(0.0, 2, "ana", "camera", codec)
    script.speak(1, 0.0, end_s)
    script.film(2, 0.0, end_s, codec=codec)
    return script.close(end_s)
