"""All speech of a room in one Opus stream, continuous on the session clock, silence where nobody is heard.

Invariant: what comes out depends on the packets and their order alone, also across `reset`, after which every codec
is built anew and warmed up with what it last saw. A recorder that starts again from there makes the same bytes.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from recorder.boxes import Sample
from recorder.depacketize.opus import CLOCK_RATE

Pcm = NDArray[np.float32]

FRAME = 960
# What the encoder delays; the mix is fed that much ahead, so that packet times are sound times.
LOOKAHEAD = 312
BIT_RATE_BPS = 40_000
# One full-band CELT frame of 20 ms that decodes to silence.
SILENCE = b"\xf8\xff\xfe"
# After this many silent frames the encoder has run dry and silence needs none.
_DRY_FRAMES = 10
_WARM_PACKETS = 5
_WARM_FRAMES = 10
_CEILING = 0.95
# Sound that is off its place by more is moved there; by less it is stretched, at most one part in a hundred.
_REANCHOR = 4800
_LEAVE_ALONE = 240


def _decoder() -> AudioCodecContext:
    codec = av.CodecContext.create("libopus", "r")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout = CLOCK_RATE, "mono"
    return codec


def _encoder() -> AudioCodecContext:
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = CLOCK_RATE, "mono", "flt"
    codec.bit_rate = BIT_RATE_BPS
    codec.options = {"application": "audio", "compression_level": "5", "frame_duration": "20"}
    return codec


def _stretch(pcm: Pcm, length: int) -> Pcm:
    places = np.linspace(0, len(pcm) - 1, length)
    return np.interp(places, np.arange(len(pcm)), pcm).astype(np.float32)


@dataclass(slots=True)
class Voice:
    """One track's decoder and where its sound goes on."""

    recent: deque[bytes] = field(default_factory=lambda: deque(maxlen=_WARM_PACKETS))
    next: int | None = None
    decoder: Any = None

    def decode(self, payload: bytes) -> Pcm | None:
        if self.decoder is None:
            self.decoder = _decoder()
            for packet in self.recent:
                self._feed(packet)
        self.recent.append(payload)
        return self._feed(payload)

    def _feed(self, payload: bytes) -> Pcm | None:
        try:
            frames = self.decoder.decode(av.Packet(payload))
        except av.FFmpegError:
            return None
        parts = [frame.to_ndarray().reshape(-1) for frame in frames]
        return np.concatenate(parts).astype(np.float32) / np.float32(32768) if parts else None

    def place(self, at: int, pcm: Pcm, *, is_after_hole: bool) -> tuple[int, Pcm]:
        """Where the sound goes: right behind what was before, unless it is really elsewhere."""
        after = self.next
        if after is None or (is_after_hole and at > after) or abs(at - after) > _REANCHOR:
            start = at if after is None else max(at, after - FRAME)
            if after is not None and start < after:
                pcm, start = pcm[after - start :], after
        else:
            start, error = after, at - after
            if abs(error) > _LEAVE_ALONE:
                most = len(pcm) // 100
                pcm = _stretch(pcm, len(pcm) + max(-most, min(most, error)))
        self.next = start + len(pcm)
        return start, pcm

    def __getstate__(self) -> tuple[deque[bytes], int | None]:
        return self.recent, self.next

    def __setstate__(self, state: tuple[deque[bytes], int | None]) -> None:
        self.recent, self.next = state
        self.decoder = None


class Mixer:
    """Takes sounds in by session sample, gives coded frames of 20 ms out from sample 0 on."""

    def __init__(self) -> None:
        self.voices: dict[int, Voice] = {}
        self.cursor = 0
        self._pending: Pcm = np.zeros(0, np.float32)
        self._gain = 1.0
        self._dry = _DRY_FRAMES
        self._fed: deque[Pcm] = deque(maxlen=_WARM_FRAMES)
        self._encoder: AudioCodecContext | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_encoder": None}

    def add(self, track: int, at_s: float, payload: bytes, *, is_after_hole: bool) -> None:
        """Decodes a packet of a track into the mix; what lies before the cursor is too late and lost."""
        voice = self.voices.setdefault(track, Voice())
        pcm = voice.decode(payload)
        if pcm is None or not len(pcm):
            return
        start, pcm = voice.place(round(at_s * CLOCK_RATE), pcm, is_after_hole=is_after_hole)
        offset = start - self.cursor - LOOKAHEAD
        if offset < 0:
            pcm, offset = pcm[-offset:], 0
        if not len(pcm) or offset > 60 * CLOCK_RATE:
            return
        end = offset + len(pcm)
        if end > len(self._pending):
            self._pending = np.concatenate([self._pending, np.zeros(end - len(self._pending) + CLOCK_RATE, np.float32)])
        self._pending[offset:end] += pcm

    def drop(self, track: int) -> None:
        self.voices.pop(track, None)

    def advance(self, until_s: float) -> list[Sample]:
        """The coded frames up to `until_s`: nothing earlier will be added any more."""
        out: list[Sample] = []
        last = round(until_s * CLOCK_RATE)
        used = 0
        while self.cursor + FRAME <= last:
            pcm = self._pending[used : used + FRAME]
            used += FRAME
            self.cursor += FRAME
            out.append(Sample(self._code(pcm), FRAME))
        self._pending = self._pending[used:].copy()
        return out

    def skip_to(self, sample: int) -> None:
        """Leaves out what lies between the cursor and `sample`, a multiple of the frame length."""
        self._pending = self._pending[sample - self.cursor :].copy()
        self.cursor = sample
        self._dry = _DRY_FRAMES

    def reset(self) -> None:
        """Lets go of all codecs; the next sound builds and warms up new ones."""
        self._encoder = None
        for voice in self.voices.values():
            voice.decoder = None

    def _code(self, pcm: Pcm) -> bytes:
        peak = float(np.abs(pcm).max()) if len(pcm) else 0.0
        if peak < 1e-5:
            self._dry += 1
            if self._dry > _DRY_FRAMES:
                self._fed.clear()
                self._encoder = None
                return SILENCE
        else:
            self._dry = 0
        if len(pcm) < FRAME:
            pcm = np.concatenate([pcm, np.zeros(FRAME - len(pcm), np.float32)])
        return self._encode(self._limit(pcm, peak))

    def _limit(self, pcm: Pcm, peak: float) -> Pcm:
        wanted = min(1.0, _CEILING / peak) if peak else 1.0
        before, self._gain = self._gain, wanted if wanted < self._gain else min(wanted, self._gain + 0.02)
        if before == 1.0 and self._gain == 1.0:
            return pcm
        ramp = np.linspace(before, self._gain, len(pcm), dtype=np.float32)
        limited: Pcm = np.clip(pcm * ramp, -1.0, 1.0).astype(np.float32)
        return limited

    def _encode(self, pcm: Pcm) -> bytes:
        if self._encoder is None:
            self._encoder = _encoder()
            for earlier in self._fed:
                self._feed(earlier)
        self._fed.append(pcm.copy())
        return self._feed(pcm)

    def _feed(self, pcm: Pcm) -> bytes:
        assert self._encoder is not None
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = CLOCK_RATE
        packets = [bytes(packet) for packet in self._encoder.encode(frame)]
        return packets[0] if packets else SILENCE
