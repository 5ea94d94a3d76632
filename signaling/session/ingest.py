"""What a WHIP client wants to publish: its offer read as announcements of tracks, or refused; pure.

One video and one audio, since nothing tells others apart; a client that offers more is told so (406).
"""

from dataclasses import dataclass

from sfu.config import Permission
from sfu.errors import SdpError
from sfu.media import Kind, Quality, Source, TrackRequest, VideoLayer
from sfu.sdp.publisher import SendingSection, read_offer
from signaling.session.admission import Refusal
from signaling.session.fragment import OfferRead, read_offer_ice
from signaling.session.translate import STREAMS

# what a client may call itself with `?source=`, and the sources of its two tracks
SOURCES = {
    "camera": {Kind.VIDEO: Source.CAMERA, Kind.AUDIO: Source.MICROPHONE},
    "screen_share": {Kind.VIDEO: Source.SCREEN_SHARE, Kind.AUDIO: Source.SCREEN_SHARE_AUDIO},
}
DEFAULT_SOURCE = "camera"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """The tracks to announce, in the order of the offer."""

    offer: OfferRead
    tracks: tuple[TrackRequest, ...]


def read_ingest(sdp: str, permission: Permission, source: str) -> Ingest:
    """Refusal: 400 no SDP, 403 no right, 406 too many tracks, 422 nothing that can be received."""
    named = SOURCES.get(source or DEFAULT_SOURCE)
    if named is None:
        raise Refusal(400, f"source is one of {', '.join(SOURCES)}")
    ice = read_offer_ice(sdp)
    try:
        sending = read_offer(sdp).sending
    except SdpError as error:
        raise Refusal(422, f"the offer cannot be used: {error}") from error
    if not sending:
        raise Refusal(422, "the offer sends neither video nor audio in a codec that is known here")
    if len({section.kind for section in sending}) < len(sending):
        raise Refusal(406, "one video and one audio at most")
    for section in sending:
        if not permission.may_publish(named[section.kind]):
            raise Refusal(403, f"the token does not let publish {named[section.kind]}")
    return Ingest(offer=ice, tracks=tuple(_track(section, named[section.kind]) for section in sending))


def _track(section: SendingSection, source: Source) -> TrackRequest:
    count = len(section.encodings) if section.is_simulcast else 0
    return TrackRequest(
        cid=section.cid or section.mid,
        kind=section.kind,
        source=source,
        # sizes are not in an offer: only how many layers there are
        layers=tuple(VideoLayer(quality=Quality(index), width=0, height=0) for index in range(min(count, 3))),
        stream=STREAMS[source],
        codec_name=section.payload_type.codec,
    )
