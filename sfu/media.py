"""What can be published: kinds, sources, codecs, layers, and the requests and snapshots about them.

Snapshots (`TrackInfo`) are values: they never change, a newer one has a higher `version`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from sfu.ids import ParticipantSid, TrackSid


class Kind(StrEnum):
    AUDIO = "audio"
    VIDEO = "video"


class Source(StrEnum):
    UNKNOWN = "unknown"
    CAMERA = "camera"
    MICROPHONE = "microphone"
    SCREEN_SHARE = "screen_share"
    SCREEN_SHARE_AUDIO = "screen_share_audio"


class Codec(StrEnum):
    OPUS = "opus"
    VP8 = "vp8"
    H264 = "h264"
    VP9 = "vp9"
    AV1 = "av1"


MIME_TYPES = {
    Codec.OPUS: "audio/opus",
    Codec.VP8: "video/VP8",
    Codec.H264: "video/H264",
    Codec.VP9: "video/VP9",
    Codec.AV1: "video/AV1",
}
CLOCK_RATES = {Codec.OPUS: 48000, Codec.VP8: 90000, Codec.H264: 90000, Codec.VP9: 90000, Codec.AV1: 90000}
# one encoding may hold several spatial layers
SCALABLE = frozenset({Codec.VP9, Codec.AV1})


def codec_named(name: str) -> Codec | None:
    """None for codecs nobody here knows."""
    return next((codec for codec in Codec if codec == name), None)


class Quality(IntEnum):
    """Which simulcast layer; the numbers are LiveKit's VideoQuality."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
    OFF = 3


class ConnectionQuality(StrEnum):
    """How good a participant's connection is (the names are LiveKit's)."""

    LOST = "lost"
    POOR = "poor"
    GOOD = "good"
    EXCELLENT = "excellent"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredQuality:
    """`score` 0 to 100."""

    quality: ConnectionQuality
    score: float


class DataKind(StrEnum):
    """A data channel, named by its label."""

    RELIABLE = "_reliable"
    LOSSY = "_lossy"
    DATA_TRACK = "_data_track"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLayer:
    """One simulcast layer as its publisher announced it."""

    quality: Quality
    width: int
    height: int
    bitrate_bps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioMode:
    """How a voice or music is to be carried. `is_redundant`: packets may repeat those before them (RED, RFC 2198)."""

    is_redundant: bool = True
    is_stereo: bool = False
    has_dtx: bool = True


USUAL_AUDIO = AudioMode()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRequest:
    """A wish to publish. `cid` is the client's own id of the track, found again in `a=msid`; `codec_name` is what
    the client calls the codec it means to send, or "". `is_encrypted`: end to end, its payloads say nothing to us.

    `is_backup_alone`: once somebody needs the second codec nobody gets the first (LiveKit's codec regression).
    `passthrough` is opaque here: what the front door has to echo and the media plane never reads.
    """

    cid: str
    kind: Kind
    source: Source = Source.UNKNOWN
    name: str = ""
    width: int = 0
    height: int = 0
    layers: tuple[VideoLayer, ...] = ()
    is_muted: bool = False
    stream: str = ""
    other_cids: tuple[str, ...] = ()
    codec_name: str = ""
    is_encrypted: bool = False
    audio: AudioMode = USUAL_AUDIO
    # the codec it may be asked to send beside that, for those who cannot decode the first; "" = none
    backup_codec_name: str = ""
    is_backup_alone: bool = False
    # set: these are the cid, codec and layers of that second codec, for a track that is there already
    extends: TrackSid | None = None
    passthrough: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupInfo:
    """The second codec of a track, once its publisher sends it. `codec` None until it was negotiated."""

    cid: str
    codec: Codec | None
    mid: str
    layers: tuple[VideoLayer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackInfo:
    """A track as everybody may see it. `codec` is None until its media section was negotiated."""

    sid: TrackSid
    participant_sid: ParticipantSid
    cid: str
    kind: Kind
    source: Source
    name: str
    width: int
    height: int
    layers: tuple[VideoLayer, ...]
    is_muted: bool
    is_simulcast: bool
    stream: str
    codec: Codec | None
    mid: str
    version: int
    passthrough: bytes
    is_encrypted: bool = False
    backup: BackupInfo | None = None
    # the second codec it may be asked for, whether it is sent already or not
    backup_codec: Codec | None = None

    @property
    def mime_type(self) -> str:
        return MIME_TYPES[self.codec] if self.codec else ""

    def comes_in(self, codecs: Collection[Codec]) -> bool:
        """Whether it is sent in one of these, or would be if it were asked for."""
        return self.codec in codecs or self.backup_codec in codecs


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSetting:
    """What a subscriber wants of a video: off, a quality, or the size it draws (0 = not said)."""

    is_disabled: bool = False
    quality: Quality = Quality.HIGH
    width: int = 0
    height: int = 0
    fps: int = 0
    # 1 to 255, served first when a path carries too little; 0 = as its source says
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPermission:
    """To whom a publisher shows which of its tracks; `identity` or `participant_sid` names the reader."""

    identity: str = ""
    participant_sid: str = ""
    all_tracks: bool = False
    track_sids: frozenset[TrackSid] = frozenset()
