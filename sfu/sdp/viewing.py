"""A player's one offer and our answer: every section in which it receives is a slot, whose stream stays the same while
the track that is shown in it changes.

Rules: the answer names every codec of the section that we can send, since the next track may come in another one;
payload types and extension ids are the offerer's; SSRCs never change. Data and what the player would send is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sfu.errors import SdpError
from sfu.media import Codec, Kind
from sfu.sdp import codecs, extensions
from sfu.sdp.codecs import PayloadType
from sfu.sdp.description import MediaSection, SessionDescription, parse, serialize
from sfu.sdp.local import LocalTransport, RemoteTransport, add_transport, finish, remote_transport

# a wall of pictures with everybody's voice; beyond it sections are answered inactive
MAX_SLOTS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """`rtx_ssrc` 0: the player takes no retransmissions of their own."""

    mid: str
    kind: Kind
    ssrc: int
    rtx_ssrc: int
    payload_types: dict[Codec, PayloadType]
    extensions: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingOffer:
    slots: tuple[Slot, ...]
    remote: RemoteTransport
    description: SessionDescription = field(repr=False)

    @property
    def codecs(self) -> frozenset[Codec]:
        """Those that any slot can show."""
        return frozenset(codec for slot in self.slots for codec in slot.payload_types)


def read_viewing(text: str, new_ssrc: Callable[[], int]) -> ViewingOffer:
    """SdpError: nothing can be shown to who offers this."""
    description = parse(text)
    slots: list[Slot] = []
    for section in description.media:
        if _receives(section) and len(slots) < MAX_SLOTS:
            slot = _slot(section, new_ssrc, extensions.allows_mixed(description))
            if slot is not None:
                slots.append(slot)
    if not slots:
        raise SdpError("nothing is to be received, or in no codec that is known here")
    return ViewingOffer(slots=tuple(slots), remote=remote_transport(description), description=description)


def _receives(section: MediaSection) -> bool:
    is_media = section.kind in ("audio", "video") and (section.port != 0 or section.has("bundle-only"))
    return is_media and section.direction in ("recvonly", "sendrecv")


def _slot(section: MediaSection, new_ssrc: Callable[[], int], is_mixed: bool) -> Slot | None:
    known = dict.fromkeys(each.codec for each in codecs.offered(section))
    chosen = {codec: codecs.choose(section, (codec,)) for codec in known}
    payload_types = {codec: each for codec, each in chosen.items() if each is not None}
    if not payload_types:
        return None
    has_rtx = any(each.rtx is not None for each in payload_types.values())
    return Slot(
        mid=section.mid,
        kind=Kind(section.kind),
        ssrc=new_ssrc(),
        rtx_ssrc=new_ssrc() if has_rtx else 0,
        payload_types=payload_types,
        extensions=_understood(section, payload_types, is_mixed),
    )


def _understood(section: MediaSection, payload_types: dict[Codec, PayloadType], is_mixed: bool) -> dict[str, int]:
    has_feedback = all("transport-cc" in each.feedback for each in payload_types.values())
    theirs = extensions.offered(section)
    return extensions.understood(theirs, section.kind, is_mixed=is_mixed, has_feedback=has_feedback)


def write_viewing(offer: ViewingOffer, local: LocalTransport, *, is_one_source: bool) -> str:
    """`is_one_source`: picture and sound always come from the same publisher and can be played in step."""
    setup = "active" if offer.remote.setup == "passive" else "passive"
    slots = {slot.mid: slot for slot in offer.slots}
    answer = SessionDescription(session_id=local.session_id, version=1)
    for section in offer.description.media:
        slot = slots.get(section.mid)
        if slot is None:
            reply = MediaSection(kind=section.kind, port=0, protocol=section.protocol, formats=list(section.formats))
            reply.add("mid", section.mid)
            reply.add("inactive")
        else:
            reply = _reply(section, slot, "room" if is_one_source else f"room-{slot.mid}")
            add_transport(reply, local, setup)
        answer.media.append(reply)
    finish(answer, local)
    if extensions.allows_mixed(offer.description):
        extensions.allow_mixed(answer)
    return serialize(answer)


def _reply(section: MediaSection, slot: Slot, stream: str) -> MediaSection:
    reply = MediaSection(kind=section.kind, protocol=section.protocol)
    reply.add("mid", section.mid)
    for payload_type in slot.payload_types.values():
        codecs.add_codec(reply, payload_type)
    extensions.add_extensions(reply, slot.extensions)
    reply.add("rtcp-mux")
    reply.add("rtcp-rsize")
    reply.add("sendonly")
    msid = f"{stream} {slot.kind}-{slot.mid}"
    reply.add("msid", msid)
    if slot.rtx_ssrc:
        reply.add("ssrc-group", f"FID {slot.ssrc} {slot.rtx_ssrc}")
    for ssrc in (slot.ssrc, slot.rtx_ssrc):
        if ssrc:
            reply.add("ssrc", f"{ssrc} cname:{stream}")
            reply.add("ssrc", f"{ssrc} msid:{msid}")
    return reply
