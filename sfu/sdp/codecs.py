"""Which codecs we take and offer, and how one is picked from a section of an offer.

One codec and its RTX per section: an up track has one payload type, and the sender never switches by itself.
"""

from dataclasses import dataclass

from sfu.media import CLOCK_RATES, Codec, Kind
from sfu.sdp.description import MediaSection

AUDIO_FEEDBACK = ("transport-cc", "nack")
VIDEO_FEEDBACK = ("transport-cc", "ccm fir", "nack", "nack pli")
# what a sender is told where it knows no transport-wide feedback; on offer a peer picks one of the two
REMB = "goog-remb"
OFFERED_VIDEO_FEEDBACK = (*VIDEO_FEEDBACK, REMB)

H264_FMTP = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
# main profile, 8 bit, up to level 3.1 (AV1 RTP specification, 7.2): what the decoders of browsers and phones take
AV1_FMTP = "level-idx=5;profile=0;tier=0"
# constrained baseline and baseline: what every phone, browser and the recorder's players decode
H264_PROFILES = ("42e0", "4200", "42c0")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadType:
    """A codec under its number; `rtx` is the number of its retransmissions, or None, and `red` that under which
    packets of audio repeat those before them.
    """

    number: int
    codec: Codec
    rtx: int | None
    fmtp: str
    feedback: tuple[str, ...]
    red: int | None = None

    @property
    def rtpmap(self) -> str:
        return RTPMAPS[self.codec]


RTPMAPS = {
    Codec.OPUS: "opus/48000/2",
    Codec.VP8: "VP8/90000",
    Codec.H264: "H264/90000",
    Codec.VP9: "VP9/90000",
    Codec.AV1: "AV1/90000",
}

RED_RTPMAP = "red/48000/2"

# what we offer subscribers; the numbers never change, so a bundle stays free of conflicts
DOWN = {
    Codec.OPUS: PayloadType(
        number=111, codec=Codec.OPUS, rtx=None, fmtp="minptime=10;useinbandfec=1", feedback=AUDIO_FEEDBACK, red=63
    ),
    Codec.VP8: PayloadType(number=96, codec=Codec.VP8, rtx=97, fmtp="", feedback=OFFERED_VIDEO_FEEDBACK),
    Codec.H264: PayloadType(number=102, codec=Codec.H264, rtx=103, fmtp=H264_FMTP, feedback=OFFERED_VIDEO_FEEDBACK),
    Codec.VP9: PayloadType(number=98, codec=Codec.VP9, rtx=99, fmtp="profile-id=0", feedback=OFFERED_VIDEO_FEEDBACK),
    Codec.AV1: PayloadType(number=100, codec=Codec.AV1, rtx=101, fmtp=AV1_FMTP, feedback=OFFERED_VIDEO_FEEDBACK),
}


def kind_of(codec: Codec) -> Kind:
    return Kind.AUDIO if codec is Codec.OPUS else Kind.VIDEO


def offered(section: MediaSection) -> list[PayloadType]:
    """The usable codecs of an offered section, in the offer's order."""
    rtpmaps = _numbered(section, "rtpmap")
    fmtps = _numbered(section, "fmtp")
    rtx = _retransmissions(rtpmaps, fmtps)
    found = []
    # of a number named twice the second says nothing new
    for text in dict.fromkeys(section.formats):
        number = _number(text)
        codec = _codec(rtpmaps.get(number, ""))
        if number < 0 or codec is None or kind_of(codec).value != section.kind:
            continue
        fmtp = fmtps.get(number, "")
        if not _is_usable(codec, fmtp):
            continue
        found.append(
            PayloadType(
                number=number,
                codec=codec,
                rtx=rtx.get(number),
                fmtp=fmtp,
                feedback=_feedback(section, number, codec),
                red=_redundant(rtpmaps, fmtps, number) if codec is Codec.OPUS else None,
            )
        )
    return found


def choose(section: MediaSection, preferred: tuple[Codec, ...]) -> PayloadType | None:
    """The first preferred codec on offer, else the offerer's own first choice, else None.

    Of several H.264 profiles constrained baseline wins: it is the one we offer subscribers.
    """
    usable = offered(section)
    usable.sort(key=lambda each: each.codec is Codec.H264 and H264_PROFILES[0] not in each.fmtp.lower())
    first = next((each.codec for each in offered(section)), None)
    preferred = (*preferred, first) if first else preferred
    for codec in preferred:
        for payload_type in usable:
            if payload_type.codec is codec:
                return payload_type
    return None


def add_codec(section: MediaSection, payload_type: PayloadType) -> None:
    """Writes the codec and its RTX into a section; its RED comes first, because the first is what is to be sent."""
    number = payload_type.number
    if payload_type.red is not None:
        section.formats.append(str(payload_type.red))
        section.add("rtpmap", f"{payload_type.red} {RED_RTPMAP}")
        section.add("fmtp", f"{payload_type.red} {number}/{number}")
    section.formats.append(str(number))
    section.add("rtpmap", f"{number} {payload_type.rtpmap}")
    if payload_type.fmtp:
        section.add("fmtp", f"{number} {payload_type.fmtp}")
    for feedback in payload_type.feedback:
        section.add("rtcp-fb", f"{number} {feedback}")
    if payload_type.rtx is not None:
        section.formats.append(str(payload_type.rtx))
        section.add("rtpmap", f"{payload_type.rtx} rtx/{CLOCK_RATES[payload_type.codec]}")
        section.add("fmtp", f"{payload_type.rtx} apt={number}")


def parameters(fmtp: str) -> dict[str, str]:
    """`a=b;c=d` as a dictionary with lower-case keys."""
    pairs = (part.strip().partition("=") for part in fmtp.split(";"))
    return {key.lower(): value.strip() for key, _, value in pairs if key}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < 128 else -1


def _numbered(section: MediaSection, name: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for value in section.values(name):
        number, _, rest = value.partition(" ")
        if _number(number) >= 0:
            found.setdefault(_number(number), rest.strip())
    return found


def _codec(rtpmap: str) -> Codec | None:
    for codec, wanted in RTPMAPS.items():
        if rtpmap.lower() == wanted.lower():
            return codec
    return None


def _retransmissions(rtpmaps: dict[int, str], fmtps: dict[int, str]) -> dict[int, int]:
    """Number of a codec -> number of its RTX."""
    found: dict[int, int] = {}
    for number, rtpmap in rtpmaps.items():
        if rtpmap.lower().startswith("rtx/"):
            original = _number(parameters(fmtps.get(number, "")).get("apt", ""))
            found.setdefault(original, number)
    return found


def _redundant(rtpmaps: dict[int, str], fmtps: dict[int, str], original: int) -> int | None:
    """The number of the RED whose blocks are all of `original`."""
    for number, rtpmap in rtpmaps.items():
        blocks = fmtps.get(number, "").split("/")
        if rtpmap.lower() == RED_RTPMAP and blocks[1:] and all(_number(block) == original for block in blocks):
            return number
    return None


def _is_usable(codec: Codec, fmtp: str) -> bool:
    """Whether it is the profile of the codec that everybody can decode."""
    given = parameters(fmtp)
    match codec:
        case Codec.H264:
            return _is_usable_h264(given)
        case Codec.VP9:
            return given.get("profile-id", "0") == "0"
        case Codec.AV1:
            return given.get("profile", "0") == "0"
    return True


def _is_usable_h264(given: dict[str, str]) -> bool:
    profile = given.get("profile-level-id", "42e01f").lower()
    return given.get("packetization-mode") == "1" and profile[:4] in H264_PROFILES


def _feedback(section: MediaSection, number: int, codec: Codec) -> tuple[str, ...]:
    on_offer = set()
    for value in section.values("rtcp-fb"):
        target, _, feedback = value.partition(" ")
        if target in ("*", str(number)):
            on_offer.add(feedback.strip())
    accepted: tuple[str, ...] = AUDIO_FEEDBACK if codec is Codec.OPUS else VIDEO_FEEDBACK
    if codec is not Codec.OPUS and "transport-cc" not in on_offer:
        accepted = OFFERED_VIDEO_FEEDBACK
    return tuple(feedback for feedback in accepted if feedback in on_offer)
