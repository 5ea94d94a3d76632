"""What flows through the recorder once packets have become media: frames and their decoder configurations."""

from dataclasses import dataclass
from enum import StrEnum


class Container(StrEnum):
    FMP4 = "fmp4"
    WEBM = "webm"


@dataclass(frozen=True, slots=True)
class VideoConfig:
    """What a decoder must know before the first frame; another one needs another init segment."""

    codec: str
    width: int
    height: int
    sps: tuple[bytes, ...] = ()
    pps: tuple[bytes, ...] = ()

    @property
    def container(self) -> Container:
        return Container.FMP4 if self.codec == "h264" else Container.WEBM

    @property
    def mime(self) -> str:
        if self.codec == "h264":
            return f'video/mp4; codecs="avc1.{self.sps[0][1:4].hex()}"'
        return f'video/webm; codecs="{self.codec}"'


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """A whole coded picture: its RTP timestamp, its bytes, and with a key frame the configuration from there on."""

    timestamp: int
    data: bytes
    config: VideoConfig | None = None

    @property
    def is_key(self) -> bool:
        return self.config is not None


@dataclass(frozen=True, slots=True)
class Frame:
    """A coded picture placed on the session clock."""

    at_s: float
    data: bytes
    is_key: bool
    config: VideoConfig
