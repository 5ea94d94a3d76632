"""What one participant sends: its publisher transport, and the up tracks its offers describe."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sfu._dataplane import Dataplane, DataplaneError, EncodingStats
from sfu.errors import SdpError
from sfu.ids import TrackSid, UpTrackId
from sfu.media import CLOCK_RATES, SCALABLE, USUAL_AUDIO, AudioMode, Codec, Kind, VideoLayer
from sfu.participant import Participant
from sfu.policy.layers import announced_heights
from sfu.publication import Publication
from sfu.sdp.placement import Placed
from sfu.sdp.publisher import PublisherOffer, SendingSection, write_answer
from sfu.transport.peer import Network, Peer, PeerListener


@dataclass(slots=True, kw_only=True)
class UpTrack:
    """The data plane's end of a publication, or of its second codec. A layer is an encoding of simulcast or a spatial
    layer of SVC; `flowing`: which of them are sent now, lowest first.

    `temporal`: bits and frames per second of each layer's temporal layers. `backup`: the same in the second codec.
    """

    id: UpTrackId
    track_sid: TrackSid
    mid: str
    kind: Kind
    codec: Codec
    codec_name: str
    payload_type: int
    flowing: list[bool]
    audio: AudioMode = USUAL_AUDIO
    layers: tuple[VideoLayer, ...] = ()
    temporal: list[list[tuple[int, float]]] = field(default_factory=list)
    measured_heights: list[int] = field(default_factory=list)
    is_scalable: bool = False
    is_backup: bool = False
    # the second codec it may be asked for
    backup_codec: Codec | None = None
    backup_codec_name: str = ""
    is_backup_alone: bool = False
    backup: "UpTrack | None" = None

    @property
    def heights(self) -> list[int]:
        """The shorter side of each layer's pictures, as the stream says, else as announced."""
        known = self.measured_heights
        return known if len(known) == len(self.flowing) and all(known) else announced_heights(self.layers)

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """What it can come in, the better one first."""
        return (self.codec, self.backup_codec) if self.backup_codec else (self.codec,)

    @property
    def is_layered(self) -> bool:
        return self.kind is Kind.VIDEO and len(self.flowing) > 1

    @property
    def is_steered(self) -> bool:
        """Its publisher is told what of it is wanted."""
        return self.is_layered or self.backup_codec is not None


@dataclass(slots=True)
class OfferPlan:
    """What an offer changes, before any of it is done. `ended`: tracks it carries no more, `ended_backups`: those of
    which it no more carries the second codec.
    """

    keep: set[UpTrackId] = field(default_factory=set)
    open: list[tuple[SendingSection, Publication, bool]] = field(default_factory=list)
    ended: tuple[TrackSid, ...] = ()
    ended_backups: tuple[TrackSid, ...] = ()


class PublisherSide:
    def __init__(self, network: Network, listener: PeerListener) -> None:
        self._plane: Dataplane = network.plane
        self.peer: Peer = network.open(listener, creates_channels=False)
        self.tracks: dict[TrackSid, UpTrack] = {}
        # the client id of the last track each section carried
        self._carried: dict[str, str] = {}
        self._version = 0

    def up_tracks(self) -> Iterator[UpTrack]:
        """Second codecs included."""
        for track in self.tracks.values():
            yield track
            if track.backup is not None:
                yield track.backup

    @property
    def has_answered(self) -> bool:
        return self._version > 0

    @property
    def codecs(self) -> dict[str, Codec]:
        """What each section in use was answered with; it stays so."""
        return {track.mid: track.codec for track in self.up_tracks()}

    def plan(self, offer: PublisherOffer, participant: Participant) -> OfferPlan:
        """What is to be done; nothing is changed. SdpError: this cannot come from the same client."""
        known = self.peer.remote
        if known is not None and set(known.fingerprints) != set(offer.remote.fingerprints):
            raise SdpError("a transport cannot change its DTLS fingerprint")
        plan = OfferPlan()
        by_mid = {track.mid: track for track in self.up_tracks()}
        fresh: list[SendingSection] = []
        for section in offer.sending:
            current = by_mid.get(section.mid)
            if current is not None and not self._is_replaced(section, current, participant):
                plan.keep.add(current.id)
            else:
                fresh.append(section)
        self._match(fresh, participant, plan)
        plan.ended = tuple(sid for sid, track in self.tracks.items() if track.id not in plan.keep)
        second = [track for track in self.up_tracks() if track.is_backup and track.track_sid not in plan.ended]
        plan.ended_backups = tuple(track.track_sid for track in second if track.id not in plan.keep)
        return plan

    def answer(self, offer: PublisherOffer, plan: OfferPlan, placed: Placed) -> tuple[str, list[UpTrack]]:
        """The answer, and the up tracks it opened. The ended ones have been closed before:
        a section that changes from one track to another often keeps its SSRC. `placed`: what it says we send.
        """
        opened = self._open(plan)
        for track in opened:
            if not track.is_backup:
                self.tracks[track.track_sid] = track
            elif track.track_sid in self.tracks:
                self.tracks[track.track_sid].backup = track
        self._version += 1
        if self.peer.remote is not None and offer.remote.restarts(self.peer.remote):
            self.peer.restart_ice()
        modes = {track.mid: track.audio for track in self.tracks.values() if track.kind is Kind.AUDIO}
        answer = write_answer(offer, self.peer.local, self._version, placed.sections, modes)
        self.peer.negotiate(
            offer.remote,
            is_server=offer.remote.setup != "passive",
            max_message_size=offer.max_message_size,
        )
        return answer, opened

    def _match(self, sections: list[SendingSection], participant: Participant, plan: OfferPlan) -> None:
        """By client id first, in all sections; what is left over goes to the first of its kind."""
        taken: set[TrackSid] = set()
        for section in sections:
            extended = participant.backup_called(section.cid)
            if extended is not None and extended.sid in self.tracks:
                plan.open.append((section, extended, True))
        for is_by_id in (True, False):
            for section in sections:
                publication = participant.announced(section.cid, section.kind, taken)
                is_open = any(section is other for other, _, _ in plan.open)
                if publication is None or is_open or publication.is_called(section.cid) is not is_by_id:
                    continue
                if not is_by_id and self._carried.get(section.mid) == section.cid:
                    # its track was taken away and the client sends on: this is not the new one
                    continue
                taken.add(publication.sid)
                plan.open.append((section, publication, False))

    def _is_replaced(self, section: SendingSection, current: UpTrack, participant: Participant) -> bool:
        """A section may change from one track to another within one offer; then its client id says so."""
        publication = participant.publications.get(current.track_sid)
        if publication is None:
            return True
        if current.is_backup:
            return not publication.is_backup_called(section.cid)
        if publication.is_called(section.cid):
            return False
        other = participant.announced(section.cid, section.kind)
        return other is not None and other.is_called(section.cid)

    def _open(self, plan: OfferPlan) -> list[UpTrack]:
        opened: list[UpTrack] = []
        try:
            for section, publication, is_backup in plan.open:
                opened.append(self._open_track(section, publication, is_backup))
        except DataplaneError as error:
            for track in opened:
                self._plane.close_up_track(track.id)
            raise SdpError(f"a media section cannot be received: {error}") from error
        for section, publication, is_backup in plan.open:
            self._carried[section.mid] = section.cid
            codec = section.payload_type.codec
            if is_backup:
                publication.negotiate_backup(mid=section.mid, codec=codec)
            else:
                publication.negotiate(mid=section.mid, codec=codec, is_simulcast=section.is_simulcast)
        for track, (_, publication, is_backup) in zip(opened, plan.open, strict=True):
            if not is_backup and publication.backup_codec is not None:
                track.backup_codec = publication.backup_codec
                track.backup_codec_name = publication.request.backup_codec_name
                track.is_backup_alone = publication.request.is_backup_alone
        return opened

    def _open_track(self, section: SendingSection, publication: Publication, is_backup: bool) -> UpTrack:
        payload_type = section.payload_type
        number = self._plane.open_up_track(
            self.peer.transport,
            kind=section.kind,
            codec=payload_type.codec,
            clock_rate=CLOCK_RATES[payload_type.codec],
            payload_type=payload_type.number,
            rtx_payload_type=payload_type.rtx,
            red_payload_type=payload_type.red if publication.request.audio.is_redundant else None,
            mid=section.mid,
            extensions=section.extensions,
            encodings=[(each.rid, each.ssrc, each.rtx_ssrc) for each in section.encodings],
        )
        self._plane.set_up_track_muted(number, publication.is_muted)
        backup = publication.backup if is_backup else None
        request = backup.request if backup else publication.request
        is_scalable = payload_type.codec in SCALABLE and len(section.encodings) == 1
        layers = max(len(request.layers), 1) if is_scalable else len(section.encodings)
        return UpTrack(
            id=UpTrackId(number),
            track_sid=publication.sid,
            mid=section.mid,
            kind=section.kind,
            codec=payload_type.codec,
            codec_name=request.codec_name or payload_type.codec,
            payload_type=payload_type.number,
            audio=request.audio,
            # of an SVC stream all layers are expected until it says otherwise
            flowing=[is_scalable] * layers,
            layers=request.layers,
            is_scalable=is_scalable,
            is_backup=is_backup,
        )

    def close_track(self, sid: TrackSid) -> None:
        """Nothing when it is not open."""
        self.close_backup(sid)
        track = self.tracks.pop(sid, None)
        if track is not None:
            self._plane.close_up_track(track.id)

    def close_backup(self, sid: TrackSid) -> None:
        """Nothing when it is not open."""
        track = self.tracks.get(sid)
        if track is not None and track.backup is not None:
            self._plane.close_up_track(track.backup.id)
            track.backup = None

    def close(self) -> None:
        for sid in list(self.tracks):
            self.close_track(sid)
        self.peer.close()


def poll_flow(plane: Dataplane, track: UpTrack) -> bool:
    """Asks which layers of a video flow now, and how large they are; whether that has changed."""
    if track.kind is Kind.AUDIO:
        return False
    try:
        layers = plane.up_track_stats(track.id).encodings
    except DataplaneError:
        return False
    track.temporal = [layer.temporal for layer in layers]
    flowing = _flowing(track, layers)
    heights = [min(layer.width, layer.height) for layer in layers]
    if not any(flowing) or (flowing == track.flowing and heights == track.measured_heights):
        return False
    track.flowing, track.measured_heights = flowing, heights
    return True


def _flowing(track: UpTrack, layers: list[EncodingStats]) -> list[bool]:
    """An SVC stream of which nothing is known yet is expected to have what was announced."""
    if track.is_scalable and not any(layer.temporal for layer in layers):
        return track.flowing
    return [layer.is_active for layer in layers]
