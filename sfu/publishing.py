"""What one participant sends: its publisher transport, and the up tracks its offers describe."""

from dataclasses import dataclass, field

from sfu._dataplane import Dataplane, DataplaneError
from sfu.errors import SdpError
from sfu.ids import TrackSid, UpTrackId
from sfu.media import CLOCK_RATES, Codec, Kind
from sfu.participant import Participant
from sfu.publication import Publication
from sfu.sdp.placement import Placed
from sfu.sdp.publisher import PublisherOffer, SendingSection, write_answer
from sfu.transport.peer import Network, Peer, PeerListener


@dataclass(slots=True, kw_only=True)
class UpTrack:
    """The data plane's end of a publication. `flowing`: which encodings send now, lowest quality first."""

    id: UpTrackId
    track_sid: TrackSid
    mid: str
    kind: Kind
    codec: Codec
    codec_name: str
    payload_type: int
    flowing: list[bool]


@dataclass(slots=True)
class OfferPlan:
    """What an offer changes, before any of it is done. `ended`: tracks it carries no more."""

    keep: set[TrackSid] = field(default_factory=set)
    open: list[tuple[SendingSection, Publication]] = field(default_factory=list)
    ended: tuple[TrackSid, ...] = ()


class PublisherSide:
    def __init__(self, network: Network, listener: PeerListener) -> None:
        self._plane: Dataplane = network.plane
        self.peer: Peer = network.open(listener, creates_channels=False)
        self.tracks: dict[TrackSid, UpTrack] = {}
        # the client id of the last track each section carried
        self._carried: dict[str, str] = {}
        self._version = 0

    @property
    def codecs(self) -> dict[str, Codec]:
        """What each section in use was answered with; it stays so."""
        return {track.mid: track.codec for track in self.tracks.values()}

    def plan(self, offer: PublisherOffer, participant: Participant) -> OfferPlan:
        """What is to be done; nothing is changed. SdpError: this cannot come from the same client."""
        known = self.peer.remote
        if known is not None and set(known.fingerprints) != set(offer.remote.fingerprints):
            raise SdpError("a transport cannot change its DTLS fingerprint")
        plan = OfferPlan()
        by_mid = {track.mid: track for track in self.tracks.values()}
        fresh: list[SendingSection] = []
        for section in offer.sending:
            current = by_mid.get(section.mid)
            if current is not None and not self._is_replaced(section, current, participant):
                plan.keep.add(current.track_sid)
            else:
                fresh.append(section)
        self._match(fresh, participant, plan)
        plan.ended = tuple(sid for sid in self.tracks if sid not in plan.keep)
        return plan

    def answer(self, offer: PublisherOffer, plan: OfferPlan, placed: Placed) -> tuple[str, list[UpTrack]]:
        """The answer, and the up tracks it opened. The ended ones have been closed before:
        a section that changes from one track to another often keeps its SSRC. `placed`: what it says we send.
        """
        opened = self._open(plan)
        for track in opened:
            self.tracks[track.track_sid] = track
        self._version += 1
        answer = write_answer(offer, self.peer.local, self._version, placed.sections)
        self.peer.negotiate(
            offer.remote,
            is_server=offer.remote.setup != "passive",
            max_message_size=offer.max_message_size,
        )
        return answer, opened

    def _match(self, sections: list[SendingSection], participant: Participant, plan: OfferPlan) -> None:
        """By client id first, in all sections; what is left over goes to the first of its kind."""
        taken: set[TrackSid] = set()
        for is_by_id in (True, False):
            for section in sections:
                publication = participant.announced(section.cid, section.kind, taken)
                is_open = any(section is other for other, _ in plan.open)
                if publication is None or is_open or publication.is_called(section.cid) is not is_by_id:
                    continue
                if not is_by_id and self._carried.get(section.mid) == section.cid:
                    # its track was taken away and the client sends on: this is not the new one
                    continue
                taken.add(publication.sid)
                plan.open.append((section, publication))

    def _is_replaced(self, section: SendingSection, current: UpTrack, participant: Participant) -> bool:
        """A section may change from one track to another within one offer; then its client id says so."""
        publication = participant.publications.get(current.track_sid)
        if publication is None:
            return True
        if publication.is_called(section.cid):
            return False
        other = participant.announced(section.cid, section.kind)
        return other is not None and other.is_called(section.cid)

    def _open(self, plan: OfferPlan) -> list[UpTrack]:
        opened: list[UpTrack] = []
        try:
            for section, publication in plan.open:
                opened.append(self._open_track(section, publication))
        except DataplaneError as error:
            for track in opened:
                self._plane.close_up_track(track.id)
            raise SdpError(f"a media section cannot be received: {error}") from error
        for section, publication in plan.open:
            self._carried[section.mid] = section.cid
            publication.negotiate(mid=section.mid, codec=section.payload_type.codec, is_simulcast=section.is_simulcast)
        return opened

    def _open_track(self, section: SendingSection, publication: Publication) -> UpTrack:
        payload_type = section.payload_type
        number = self._plane.open_up_track(
            self.peer.transport,
            kind=section.kind,
            codec=payload_type.codec,
            clock_rate=CLOCK_RATES[payload_type.codec],
            payload_type=payload_type.number,
            rtx_payload_type=payload_type.rtx,
            mid=section.mid,
            extensions=section.extensions,
            encodings=[(each.rid, each.ssrc, each.rtx_ssrc) for each in section.encodings],
        )
        self._plane.set_up_track_muted(number, publication.is_muted)
        return UpTrack(
            id=UpTrackId(number),
            track_sid=publication.sid,
            mid=section.mid,
            kind=section.kind,
            codec=payload_type.codec,
            codec_name=publication.request.codec_name or payload_type.codec,
            payload_type=payload_type.number,
            flowing=[False] * len(section.encodings),
        )

    def close_track(self, sid: TrackSid) -> None:
        """Nothing when it is not open."""
        track = self.tracks.pop(sid, None)
        if track is not None:
            self._plane.close_up_track(track.id)

    def close(self) -> None:
        for sid in list(self.tracks):
            self.close_track(sid)
        self.peer.close()


def poll_flow(plane: Dataplane, track: UpTrack) -> bool:
    """Asks which encodings of a simulcast track flow now; whether that has changed."""
    if len(track.flowing) < 2:
        return False
    try:
        now = [encoding.is_active for encoding in plane.up_track_stats(track.id).encodings]
    except DataplaneError:
        return False
    if len(now) != len(track.flowing) or now == track.flowing or not any(now):
        return False
    track.flowing = now
    return True
