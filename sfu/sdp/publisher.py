"""The publisher's offer read, and our answer to it.

Rules: sections keep order and mid; a sending section is answered `recvonly` with one codec, one that carries a track
to the client `sendonly` (both: `sendrecv`), any other `inactive`; a section without a usable codec is refused (port
0); the payload types and extension ids are the offerer's. The second token of `a=msid` is the client's id of the
track, even when the first is `-`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sfu.errors import SdpError
from sfu.media import USUAL_AUDIO, AudioMode, Codec, Kind
from sfu.sdp import codecs, extensions
from sfu.sdp.codecs import PayloadType
from sfu.sdp.description import MediaSection, SessionDescription, parse, serialize
from sfu.sdp.down_track import AcceptedSection, DownTrackSpec, add_source, as_sent
from sfu.sdp.local import (
    LocalTransport,
    RemoteTransport,
    add_data_channel,
    add_transport,
    finish,
    max_message_size,
    remote_transport,
)

DEFAULT_PREFERENCE = (Codec.OPUS,)
RECORDED_PREFERENCE = (Codec.OPUS, Codec.H264, Codec.VP8)

# RFC 8829, 5.1.2, without the profiles that mean plain RTP or keys in the description (RFC 8827, 6.5)
MEDIA_PROTOCOLS = frozenset(
    {"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVP", "RTP/SAVPF"}
)
DATA_PROTOCOLS = frozenset({"UDP/DTLS/SCTP", "TCP/DTLS/SCTP", "DTLS/SCTP"})

# LiveKit's names, lowest quality first
RID_ORDER = {"q": 0, "h": 1, "f": 2}
MAX_ENCODINGS = 4

# what we answer, by whether the client sends and whether we do
DIRECTIONS = {
    (False, False): "inactive",
    (True, False): "recvonly",
    (False, True): "sendonly",
    (True, True): "sendrecv",
}

Placing = tuple[DownTrackSpec, AcceptedSection]
NOTHING: Mapping[str, Placing] = MappingProxyType({})
NO_MODES: Mapping[str, AudioMode] = MappingProxyType({})
# what LiveKit allows music
STEREO_BPS = "510000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One stream of a section; rid "" and SSRC 0 when not said."""

    rid: str = ""
    ssrc: int = 0
    rtx_ssrc: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingSection:
    """A section in which the client sends a track. `encodings`: lowest quality first."""

    mid: str
    kind: Kind
    cid: str
    stream: str
    payload_type: PayloadType
    extensions: dict[str, int]
    encodings: tuple[Encoding, ...]

    @property
    def is_simulcast(self) -> bool:
        return len(self.encodings) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherOffer:
    """`data_mid` is "" without an application section."""

    sending: tuple[SendingSection, ...]
    data_mid: str
    max_message_size: int
    remote: RemoteTransport
    description: SessionDescription = field(repr=False)
    chosen: dict[str, PayloadType] = field(repr=False)


def read_offer(
    text: str,
    preferred: tuple[Codec, ...] = DEFAULT_PREFERENCE,
    in_use: Mapping[str, Codec] | None = None,
    announced: Mapping[str, Codec] | None = None,
) -> PublisherOffer:
    """`in_use`: by mid, the codecs of sections answered before; they keep them whatever is preferred now.
    `announced`: by the client's id of the track, what it means to send.
    """
    description = parse(text)
    if not description.media:
        raise SdpError("an offer without media sections")
    chosen: dict[str, PayloadType] = {}
    sending = []
    data: MediaSection | None = None
    for section in description.media:
        if is_data(section):
            data = data or section
        elif section.kind in ("audio", "video") and is_secure(section):
            first = (in_use or {}).get(section.mid) or (announced or {}).get(_msid(section)[1])
            payload_type = codecs.choose(section, (first, *preferred) if first else preferred)
            if payload_type is None:
                continue
            chosen[section.mid] = payload_type
            if section.direction in ("sendrecv", "sendonly"):
                sending.append(_sending(section, payload_type))
    return PublisherOffer(
        sending=tuple(sending),
        data_mid=data.mid if data else "",
        max_message_size=max_message_size(data) if data else 0,
        remote=remote_transport(description),
        description=description,
        chosen=chosen,
    )


def write_answer(
    offer: PublisherOffer,
    local: LocalTransport,
    version: int,
    down: Mapping[str, Placing] = NOTHING,
    modes: Mapping[str, AudioMode] = NO_MODES,
) -> str:
    """The answer to `offer`; we are the DTLS server unless the offerer insists on being it.

    `down`: by mid, what we send in sections that the client offers to receive in. `modes`: by mid, how audio that it
    sends is to be carried, where that is not as usual.
    """
    setup = "active" if offer.remote.setup == "passive" else "passive"
    sending = {section.mid: section for section in offer.sending}
    answer = SessionDescription(session_id=local.session_id, version=version)
    for section in offer.description.media:
        if section.mid == offer.data_mid:
            reply = MediaSection(kind=section.kind, protocol=section.protocol, formats=list(section.formats))
            reply.add("mid", section.mid)
            add_transport(reply, local, setup)
            add_data_channel(reply)
        elif section.mid in offer.chosen:
            mid = section.mid
            mode = modes.get(mid, USUAL_AUDIO)
            reply = _media_reply(section, offer.chosen[mid], sending.get(mid), down.get(mid), mode)
            add_transport(reply, local, setup)
        else:
            reply = _refusal(section)
        answer.media.append(reply)
    finish(answer, local)
    if extensions.allows_mixed(offer.description):
        extensions.allow_mixed(answer)
    return serialize(answer)


def is_data(section: MediaSection) -> bool:
    return section.kind == "application" and section.protocol in DATA_PROTOCOLS and section.port != 0


def is_secure(section: MediaSection) -> bool:
    """Live, and by a profile that means DTLS-SRTP."""
    return section.protocol in MEDIA_PROTOCOLS and bool(section.port or section.has("bundle-only"))


def _media_reply(
    section: MediaSection,
    payload_type: PayloadType,
    sending: SendingSection | None,
    down: Placing | None,
    mode: AudioMode,
) -> MediaSection:
    reply = MediaSection(kind=section.kind, protocol=section.protocol)
    reply.add("mid", section.mid)
    # the first is what the client sends
    ours = [as_sent(down[1].payload_type, down[0])] if down else []
    for each in dict.fromkeys([payload_type, *ours] if sending or not ours else ours):
        codecs.add_codec(reply, _as_wished(each, mode))
    # all of them everywhere: what one section was answered without, Chrome leaves out of later offers too
    extensions.add_extensions(reply, extensions.read(section))
    reply.add("rtcp-mux")
    reply.add("rtcp-rsize")
    reply.add(DIRECTIONS[bool(sending), bool(down)])
    if down:
        add_source(reply, down[0])
    if sending and any(encoding.rid for encoding in sending.encodings):
        # in the offerer's own order: it maps layers to rids by position
        rids = [rid for rid in simulcast_rids(section) if any(e.rid == rid for e in sending.encodings)]
        for rid in rids:
            reply.add("rid", f"{rid} recv")
        reply.add("simulcast", "recv " + ";".join(rids))
    return reply


def _as_wished(payload_type: PayloadType, mode: AudioMode) -> PayloadType:
    """How an Opus sender is to send: RED unless it said no, nothing in silence, and stereo where there is any."""
    if payload_type.codec is not Codec.OPUS:
        return payload_type
    fmtp = payload_type.fmtp
    given = codecs.parameters(fmtp)
    for name, value, is_wished in (
        ("usedtx", "1", mode.has_dtx),
        ("stereo", "1", mode.is_stereo),
        ("maxaveragebitrate", STEREO_BPS, mode.is_stereo),
    ):
        if is_wished and name not in given:
            fmtp = f"{fmtp};{name}={value}" if fmtp else f"{name}={value}"
    return replace(payload_type, fmtp=fmtp, red=payload_type.red if mode.is_redundant else None)


def _refusal(section: MediaSection) -> MediaSection:
    reply = MediaSection(kind=section.kind, port=0, protocol=section.protocol, formats=list(section.formats))
    reply.add("mid", section.mid)
    reply.add("inactive")
    return reply


def _sending(section: MediaSection, payload_type: PayloadType) -> SendingSection:
    stream, cid = _msid(section)
    return SendingSection(
        mid=section.mid,
        kind=Kind(section.kind),
        cid=cid,
        stream=stream,
        payload_type=payload_type,
        extensions=_sent(section, payload_type),
        encodings=_encodings(section),
    )


def _sent(section: MediaSection, payload_type: PayloadType) -> dict[str, int]:
    """Numbers for transport-wide feedback are worth nothing to a client that takes no such feedback."""
    sent = extensions.read(section)
    if "transport-cc" not in payload_type.feedback:
        sent.pop("transport_cc", None)
    return sent


def _msid(section: MediaSection) -> tuple[str, str]:
    for value in section.values("msid"):
        stream, _, track = value.partition(" ")
        return stream, track.strip()
    for value in section.values("ssrc"):
        _, _, attribute = value.partition(" ")
        if attribute.startswith("msid:"):
            stream, _, track = attribute[5:].partition(" ")
            return stream, track.strip()
    return "", ""


def simulcast_rids(section: MediaSection) -> list[str]:
    """The rids the client sends, in its order; of alternatives (`a,b`) the first."""
    known = dict.fromkeys(value.split(" ")[0] for value in section.values("rid") if value.split(" ")[1:2] == ["send"])
    value = section.first("simulcast") or ""
    parts = value.split()
    if "send" not in parts[:-1]:
        return list(known)[:1]
    listed = parts[parts.index("send") + 1].split(";")
    rids = [item.split(",")[0].lstrip("~") for item in listed]
    return [rid for rid in dict.fromkeys(rids) if rid in known][:MAX_ENCODINGS]


def _encodings(section: MediaSection) -> tuple[Encoding, ...]:
    rids = simulcast_rids(section)
    if rids:
        return tuple(Encoding(rid=rid) for rid in _lowest_first(rids))
    groups = [value.split() for value in section.values("ssrc-group")]
    rtx = {ssrcs[1]: ssrcs[2] for ssrcs in groups if ssrcs[:1] == ["FID"] and len(ssrcs) == 3}
    layers = next((ssrcs[1:] for ssrcs in groups if ssrcs[:1] == ["SIM"]), [])
    if not layers:
        first = next((value.split(" ")[0] for value in section.values("ssrc")), "0")
        layers = next(([original] for original in rtx if first in (original, rtx[original])), [first])
    return tuple(Encoding(ssrc=_ssrc(ssrc), rtx_ssrc=_ssrc(rtx.get(ssrc, "0"))) for ssrc in layers[:MAX_ENCODINGS])


def _lowest_first(rids: list[str]) -> list[str]:
    if set(rids) <= set(RID_ORDER):
        return sorted(rids, key=lambda rid: RID_ORDER[rid])
    if all(rid.isascii() and rid.isdigit() for rid in rids):
        # OBS numbers its encoders from the full picture down
        return sorted(rids, key=int, reverse=True)
    return rids


def _ssrc(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < 1 << 32):
        raise SdpError("bad SSRC")
    return int(text)
