"""One track on its way to a subscriber, as descriptions speak of it: under which SSRCs, in which section, as what."""

from dataclasses import dataclass, replace

from sfu.ids import ParticipantSid, TrackSid
from sfu.media import Codec
from sfu.sdp.codecs import PayloadType
from sfu.sdp.description import MediaSection


@dataclass(frozen=True, slots=True, kw_only=True)
class DownTrackSpec:
    """What one section carries; SSRCs are ours, `rtx_ssrc` 0 for audio. `backup`: a second codec it can come in."""

    track_sid: TrackSid
    publisher_sid: ParticipantSid
    codec: Codec
    ssrc: int
    rtx_ssrc: int
    backup: Codec | None = None
    is_stereo: bool = False

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """The better one first."""
        return (self.codec, self.backup) if self.backup else (self.codec,)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedSection:
    """Where the peer receives a track, as what, and which header extensions it understands there.

    `backup`: under which number it also takes the second codec of the track.
    """

    mid: str
    extensions: dict[str, int]
    payload_type: PayloadType
    backup: PayloadType | None = None


def add_source(media: MediaSection, track: DownTrackSpec) -> None:
    """Which stream of whose is sent here, and under which SSRCs."""
    msid = f"{track.publisher_sid}|{track.track_sid} {track.track_sid}"
    media.add("msid", msid)
    if track.rtx_ssrc:
        media.add("ssrc-group", f"FID {track.ssrc} {track.rtx_ssrc}")
    for ssrc in (track.ssrc, track.rtx_ssrc):
        if ssrc:
            media.add("ssrc", f"{ssrc} cname:{track.publisher_sid}")
            media.add("ssrc", f"{ssrc} msid:{msid}")


def as_sent(payload_type: PayloadType, track: DownTrackSpec | None) -> PayloadType:
    """Says of stereo that it comes (RFC 7587, 6.1): clients then ask their decoder for it."""
    if track is None or not track.is_stereo:
        return payload_type
    return replace(payload_type, fmtp=f"{payload_type.fmtp};sprop-stereo=1".lstrip(";"))
