"""Segments to bytes: the container follows the codec (H.264 and Opus in fMP4, VP8 in WebM). Pure."""

from recorder import boxes, ebml
from recorder.media import Container, VideoConfig
from recorder.segments import Segment

AUDIO_MIME = 'audio/mp4; codecs="opus"'


def init_bytes(config: VideoConfig | None) -> bytes:
    """The init segment of a configuration; None is the mixed sound."""
    if config is None:
        return boxes.audio_init()
    return boxes.video_init(config) if config.container is Container.FMP4 else ebml.video_init(config)


def segment_bytes(segment: Segment) -> bytes:
    if container_of(segment.config) is Container.FMP4:
        return boxes.fragment(segment.index + 1, segment.start, segment.samples)
    return ebml.clusters(segment.start, segment.samples)


def container_of(config: VideoConfig | None) -> Container:
    return Container.FMP4 if config is None else config.container


def mime_of(config: VideoConfig | None) -> str:
    return AUDIO_MIME if config is None else config.mime


def init_suffix(config: VideoConfig | None) -> str:
    return "mp4" if container_of(config) is Container.FMP4 else "webm"


def segment_suffix(config: VideoConfig | None) -> str:
    return "m4s" if container_of(config) is Container.FMP4 else "webm"
