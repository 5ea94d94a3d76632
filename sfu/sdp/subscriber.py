"""The description of what one subscriber receives: our offers, and its answers read.

Rules: the data section is first and stays; media sections are only added; a section whose track is gone goes
`inactive` and carries another track of its kind only after an answer has confirmed that (else browsers see
no new track); at most one offer is outstanding; numbers of codecs and extensions never change.
"""

from dataclasses import dataclass, field, replace

from sfu.errors import LocalProtocolError, SdpError
from sfu.ids import TrackSid
from sfu.media import Codec
from sfu.sdp import codecs, extensions
from sfu.sdp.codecs import PayloadType, kind_of
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
from sfu.sdp.publisher import is_data

DATA_MID = "0"


@dataclass(slots=True, kw_only=True)
class _Section:
    mid: str
    kind: str
    codec: Codec
    track: DownTrackSpec | None
    # inactive in a description the peer has answered
    is_free: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberAnswer:
    """`accepted`: tracks the peer receives; `refused`: tracks it cannot play."""

    accepted: dict[TrackSid, AcceptedSection]
    refused: frozenset[TrackSid]
    remote: RemoteTransport
    max_message_size: int


@dataclass(slots=True)
class SubscriberDescription:
    local: LocalTransport
    can_reuse_sections: bool = True
    offer_id: int = 0
    is_outstanding: bool = False
    _version: int = 0
    _is_changed: bool = True
    _sections: list[_Section] = field(default_factory=list)
    # what the outstanding offer said: mid -> track
    _offered: dict[str, DownTrackSpec | None] = field(default_factory=dict)

    @property
    def needs_offer(self) -> bool:
        return self._is_changed and not self.is_outstanding

    def add(self, track: DownTrackSpec) -> str:
        """Gives the track a section and returns its mid; the next offer carries it."""
        self._is_changed = True
        kind = kind_of(track.codec).value
        if self.can_reuse_sections:
            for section in self._sections:
                if section.is_free and section.track is None and section.kind == kind:
                    section.track, section.codec, section.is_free = track, track.codec, False
                    return section.mid
        section = _Section(mid=str(len(self._sections) + 1), kind=kind, codec=track.codec, track=track)
        self._sections.append(section)
        return section.mid

    def remove(self, track_sid: TrackSid) -> None:
        """Takes the track out; unknown ones are nothing."""
        for section in self._sections:
            if section.track and section.track.track_sid == track_sid:
                section.track = None
                self._is_changed = True

    def offer(self) -> tuple[str, dict[str, str]]:
        """The next offer and its `mid -> track sid`. Outstanding until answered or abandoned."""
        if self.is_outstanding:
            raise LocalProtocolError("an offer is outstanding")
        self.offer_id += 1
        self._version += 1
        self.is_outstanding = True
        self._is_changed = False
        self._offered = {section.mid: section.track for section in self._sections}
        description = SessionDescription(session_id=self.local.session_id, version=self._version)
        data = MediaSection(kind="application", protocol="UDP/DTLS/SCTP", formats=["webrtc-datachannel"])
        data.add("mid", DATA_MID)
        add_transport(data, self.local, "actpass")
        add_data_channel(data)
        description.media.append(data)
        description.media += [self._media(section) for section in self._sections]
        finish(description, self.local)
        extensions.allow_mixed(description)
        mids = {mid: str(track.track_sid) for mid, track in self._offered.items() if track}
        return serialize(description), mids

    def _media(self, section: _Section) -> MediaSection:
        media = MediaSection(kind=section.kind)
        media.add("mid", section.mid)
        add_transport(media, self.local, "actpass")
        for codec in section.track.codecs if section.track else (section.codec,):
            codecs.add_codec(media, as_sent(codecs.DOWN[codec], section.track))
        extensions.add_extensions(media, extensions.down(section.kind))
        media.add("rtcp-mux")
        media.add("rtcp-rsize")
        media.add("sendonly" if section.track else "inactive")
        if section.track:
            add_source(media, section.track)
        return media

    def supersede(self) -> None:
        """The next offer comes in place of an outstanding one, and is due even if nothing has changed."""
        self.is_outstanding = False
        self._is_changed = True

    def answer(self, text: str, offer_id: int) -> SubscriberAnswer | None:
        """Reads the answer to the outstanding offer; None for any other. SdpError leaves the offer open.

        Clients that do not echo ids say 0: with one offer outstanding it can only be meant for that.
        """
        if not self.is_outstanding or offer_id not in (0, self.offer_id):
            return None
        description = parse(text)
        by_mid = {section.mid: section for section in description.media}
        is_mixed = extensions.allows_mixed(description)
        accepted: dict[TrackSid, AcceptedSection] = {}
        refused: set[TrackSid] = set()
        for mid, track in self._offered.items():
            if mid not in by_mid:
                raise SdpError(f"the answer lacks section {mid}")
            if track is None:
                continue
            understood = [
                _without_red(codecs.DOWN[each], by_mid[mid])
                for each in track.codecs
                if _receives(by_mid[mid], codecs.DOWN[each].number)
            ]
            if understood:
                accepted[track.track_sid] = AcceptedSection(
                    mid=mid,
                    extensions=_understood(by_mid[mid], is_mixed),
                    payload_type=understood[0],
                    backup=understood[1] if understood[1:] else None,
                )
            else:
                refused.add(track.track_sid)
        remote = remote_transport(description)
        self.is_outstanding = False
        for section in self._sections:
            offered = self._offered.get(section.mid, section.track)
            section.is_free = offered is None and section.track is None
        data = by_mid.get(DATA_MID)
        return SubscriberAnswer(
            accepted=accepted,
            refused=frozenset(refused),
            remote=remote,
            max_message_size=max_message_size(data) if data and is_data(data) else 0,
        )


def _receives(section: MediaSection, number: int) -> bool:
    is_on = section.port != 0 and section.direction in ("recvonly", "sendrecv")
    return is_on and str(number) in section.formats


def _without_red(payload_type: PayloadType, section: MediaSection) -> PayloadType:
    """Plain where the peer has left RED out of its answer."""
    is_known = payload_type.red is not None and str(payload_type.red) in section.formats
    return payload_type if is_known else replace(payload_type, red=None)


def _understood(section: MediaSection, is_mixed: bool) -> dict[str, int]:
    """Of our extensions those the answer keeps under our number; transport-wide feedback needs both its parts."""
    ours = extensions.down(section.kind)
    theirs = {name: number for name, number in extensions.offered(section).items() if ours.get(name) == number}
    has_feedback = "transport-cc" in (value.partition(" ")[2] for value in section.values("rtcp-fb"))
    return extensions.understood(theirs, section.kind, is_mixed=is_mixed, has_feedback=has_feedback)
