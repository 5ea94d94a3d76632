"""Small pictures along the session clock: key frames decoded, one about every five seconds, the screen before faces."""

import io
import struct
from dataclasses import dataclass, field

import av
from av.video.codeccontext import VideoCodecContext
from PIL import Image

from recorder.media import Frame, VideoConfig

INTERVAL_S = 5
WIDTH = 320
_QUALITY = 60
# While a screen was seen this recently, faces make no pictures.
_SCREEN_HOLDS_S = 15.0


@dataclass(slots=True)
class Thumbnailer:
    """Decides which key frames become pictures and makes them."""

    next_s: float = 0.0
    screen_s: float = -_SCREEN_HOLDS_S
    files: list[tuple[float, str]] = field(default_factory=list)

    def take(self, frame: Frame, *, is_screen: bool) -> tuple[str, bytes] | None:
        """A picture's path and bytes, when one is due and this frame gives it."""
        if is_screen:
            self.screen_s = max(self.screen_s, frame.at_s)
        if not frame.is_key or frame.at_s < self.next_s:
            return None
        if not is_screen and frame.at_s - self.screen_s < _SCREEN_HOLDS_S:
            return None
        data = picture(frame)
        if data is None:
            return None
        self.next_s = (frame.at_s // INTERVAL_S + 1) * INTERVAL_S
        path = f"thumbnails/{int(frame.at_s):06d}.jpg"
        self.files.append((round(frame.at_s, 3), path))
        return path, data


def picture(frame: Frame) -> bytes | None:
    """The key frame as a small JPEG, or None when it cannot be decoded."""
    try:
        codec = av.CodecContext.create(frame.config.codec, "r")
        assert isinstance(codec, VideoCodecContext)
        codec.thread_count = 1
        decoded = codec.decode(av.Packet(elementary_bytes(frame.data, frame.config))) + codec.decode(None)
        if not decoded:
            return None
        height = max(2, round(WIDTH * decoded[0].height / decoded[0].width / 2) * 2)
        small = decoded[0].reformat(width=WIDTH, height=height, format="rgb24")
        image = Image.fromarray(small.to_ndarray())
    except (av.FFmpegError, ValueError):
        return None
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def elementary_bytes(data: bytes, config: VideoConfig) -> bytes:
    """What a bare decoder takes: for H.264 start codes instead of lengths, parameter sets in front."""
    if config.codec != "h264":
        return data
    units = [*config.sps, *config.pps]
    offset = 0
    while offset + 4 <= len(data):
        (size,) = struct.unpack_from(">I", data, offset)
        units.append(data[offset + 4 : offset + 4 + size])
        offset += 4 + size
    return b"".join(b"\0\0\0\1" + unit for unit in units)
