"""What one participant is sent: its down tracks on the transport that carries them.

A down track is opened when both sides have agreed on its section; how they come to that is `sfu.offering`.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sfu._dataplane import Dataplane, DataplaneError
from sfu.ids import DownTrackId, ParticipantSid, TrackSid
from sfu.media import Kind, TrackInfo, TrackSetting
from sfu.offering import Negotiation
from sfu.policy.allocation import PAUSED, Allocation
from sfu.policy.layers import flowing_encoding, layer_of, rung_of, temporal_of, wanted_encoding, wanted_temporal
from sfu.policy.shedding import best_rung
from sfu.publishing import UpTrack
from sfu.sdp.down_track import AcceptedSection, DownTrackSpec
from sfu.sdp.placement import Placed
from sfu.sdp.publisher import PublisherOffer
from sfu.transport.peer import Peer


class SubscriberListener(Protocol):
    def on_subscribed(self, publisher_sid: ParticipantSid, track_sid: TrackSid) -> None: ...

    def on_refused(self, track_sid: TrackSid) -> None: ...

    def on_backup_needed(self, track: "DownTrack") -> None: ...

    def on_held_back(self, tracks: "Sequence[DownTrack]") -> None: ...


@dataclass(slots=True, kw_only=True)
class DownTrack:
    """`id` None until it is open: the peer has accepted it and media of it can come; `layer` and `temporal` are what
    the data plane was last told.

    `source`: the up track in the codec the peer takes. `ceiling`: the best rung the path has room for, None = no limit.
    """

    info: TrackInfo
    up_track: UpTrack
    spec: DownTrackSpec
    setting: TrackSetting
    id: DownTrackId | None = None
    layer: int | None = None
    temporal: int | None = None
    ceiling: int | None = None
    section: AcceptedSection | None = None
    # it comes in the track's second codec
    is_backup: bool = False

    @property
    def source(self) -> UpTrack:
        return self.up_track.backup if self.is_backup and self.up_track.backup else self.up_track

    @property
    def awaits_backup(self) -> bool:
        """The peer takes only the second codec, which is not sent yet."""
        return self.is_backup and self.up_track.backup is None

    @property
    def is_due(self) -> bool:
        """Whether media of it is to reach the subscriber."""
        return self.id is not None and self.layer is not None

    @property
    def is_held_back(self) -> bool:
        """Paused because the path has no room for it."""
        return self.ceiling == PAUSED


class SubscriberSide:
    def __init__(self, plane: Dataplane, peer: Peer, listener: SubscriberListener, negotiation: Negotiation) -> None:
        self._plane = plane
        self.peer = peer
        self._listener = listener
        self._negotiation = negotiation
        self.tracks: dict[TrackSid, DownTrack] = {}
        self.allocation = Allocation()
        # instead of what is measured, to try clients; 0 = not
        self.pretended_bps = 0
        self._is_connected = False
        # of `sfu.policy.shedding`
        self._shed_steps = 0

    def add(self, info: TrackInfo, up_track: UpTrack, setting: TrackSetting) -> DownTrack | None:
        """The new track; nothing is done when it is there already."""
        if info.sid in self.tracks:
            return None
        spec = DownTrackSpec(
            track_sid=info.sid,
            publisher_sid=info.participant_sid,
            codec=up_track.codec,
            ssrc=_ssrc(),
            rtx_ssrc=0 if info.kind is Kind.AUDIO else _ssrc(),
            backup=up_track.backup_codec,
            is_stereo=up_track.audio.is_stereo,
        )
        self.tracks[info.sid] = DownTrack(info=info, up_track=up_track, spec=spec, setting=setting)
        self._negotiation.add(spec)
        return self.tracks[info.sid]

    def remove(self, sid: TrackSid) -> None:
        """Nothing when it is not there."""
        track = self.tracks.pop(sid, None)
        if track is None:
            return
        self._close(track)
        self._negotiation.remove(sid)

    def set(self, sid: TrackSid, setting: TrackSetting) -> DownTrack | None:
        """The track, if it is one of these."""
        track = self.tracks.get(sid)
        if track is not None:
            track.setting = setting
            self._choose_layer(track)
        return track

    def refresh(self, sid: TrackSid) -> None:
        """Other layers of the track flow now, or its second codec does."""
        track = self.tracks.get(sid)
        if track is None:
            return
        if track.id is None and track.section is not None:
            self._open(track)
        self._choose_layer(track)

    def use_backup(self, sid: TrackSid) -> None:
        """From now on the second codec, if the peer takes it and it is there."""
        track = self.tracks.get(sid)
        if track is None or track.is_backup or track.up_track.backup is None:
            return
        if track.section is not None and track.section.backup is not None:
            self._close(track)
            track.is_backup = True
            self.refresh(sid)

    def lose_backup(self, sid: TrackSid) -> DownTrack | None:
        """The second codec has ended; who takes the first one gets that. The track, if it came in the second."""
        track = self.tracks.get(sid)
        if track is None or not track.is_backup:
            return None
        self._close(track)
        takes_first = track.section is not None and track.section.payload_type.codec is track.up_track.codec
        track.is_backup = not takes_first
        self.refresh(sid)
        return track

    def available_bps(self) -> int:
        """What the path to the subscriber carries; 0 = not known."""
        if self.pretended_bps:
            return self.pretended_bps
        try:
            return self._plane.transport_stats(self.peer.transport).available_bps
        except DataplaneError:
            return 0

    def probe_for(self, bitrate_bps: int) -> None:
        """What is to be sent as soon as the path is known to carry it; 0 = everything is sent."""
        try:
            self._plane.set_wanted_bitrate(self.peer.transport, bitrate_bps)
        except DataplaneError:
            # the transport has just been closed
            return

    def limit(self, ceilings: Mapping[TrackSid, int]) -> None:
        """No track gets more than its ceiling; one that is not named gets what it wants."""
        changed: list[DownTrack] = []
        for sid, track in self.tracks.items():
            was_held_back = track.is_held_back
            if track.ceiling != ceilings.get(sid):
                track.ceiling = ceilings.get(sid)
                self._choose_layer(track)
            if track.is_held_back is not was_held_back:
                changed.append(track)
        if changed:
            self._listener.on_held_back(changed)

    def shed(self, steps: int) -> None:
        """So much is left away of every video, because the node has no time for it."""
        if steps != self._shed_steps:
            self._shed_steps = steps
            for track in self.tracks.values():
                self._choose_layer(track)

    def answer(self, text: str, offer_id: int) -> None:
        """To an offer of ours; any other is ignored. SdpError."""
        answer = self._negotiation.answer(text, offer_id)
        if answer is not None:
            self._accept(answer.accepted, answer.refused)

    def place(self, offer: PublisherOffer) -> Placed:
        """What the answer to the client's offer is to send in it; nothing is changed."""
        return self._negotiation.place(offer)

    def placed(self, offer: PublisherOffer, placed: Placed) -> None:
        """The answer says so."""
        self._negotiation.placed(offer, placed)
        for sid in placed.moved & self.tracks.keys():
            self._close(self.tracks[sid])
        self._accept(placed.accepted, placed.refused)

    def _accept(self, accepted: Mapping[TrackSid, AcceptedSection], refused: Collection[TrackSid]) -> None:
        for sid, section in accepted.items():
            track = self.tracks.get(sid)
            if track is not None and track.id is None:
                track.section = section
                track.is_backup = section.payload_type.codec is not track.up_track.codec
                self._open(track)
                self._choose_layer(track)
                if track.awaits_backup:
                    self._listener.on_backup_needed(track)
        for sid in refused:
            if sid in self.tracks:
                self.remove(sid)
                self._listener.on_refused(sid)

    def _open(self, track: DownTrack) -> None:
        """Nothing while the codec the peer takes is not sent."""
        section = track.section
        if section is None or track.awaits_backup:
            return
        payload_type = section.payload_type
        if payload_type.codec is not track.source.codec and section.backup is not None:
            payload_type = section.backup
        try:
            number = self._plane.open_down_track(
                self.peer.transport,
                track.source.id,
                ssrc=track.spec.ssrc,
                rtx_ssrc=track.spec.rtx_ssrc if payload_type.rtx else 0,
                payload_type=payload_type.number,
                rtx_payload_type=payload_type.rtx or 0,
                red_payload_type=(payload_type.red or 0) if track.up_track.audio.is_redundant else 0,
                mid=section.mid,
                extensions=section.extensions,
            )
        except DataplaneError:
            # its publisher went away while the answer was on its way
            return
        track.id = DownTrackId(number)
        # the data plane lets audio flow at once and holds video back
        track.layer = 0 if track.info.kind is Kind.AUDIO else None
        track.temporal = None
        self._listener.on_subscribed(track.info.participant_sid, track.info.sid)

    def begin(self) -> None:
        """The transport is connected: a key frame that is asked for now also arrives."""
        self._is_connected = True
        for track in self.tracks.values():
            self._choose_layer(track)

    def _choose_layer(self, track: DownTrack) -> None:
        if track.id is None or not self._is_connected:
            return
        layer, temporal = self._choice(track)
        if (layer, temporal) != (track.layer, track.temporal):
            track.layer, track.temporal = layer, temporal
            try:
                self._plane.set_layer(track.id, layer, temporal=temporal)
            except DataplaneError:
                # closed with its up track; the room is about to tell us
                track.layer = None

    def _choice(self, track: DownTrack) -> tuple[int | None, int | None]:
        """The layer and the highest temporal layer, None = nothing, and all of them."""
        if track.info.kind is Kind.AUDIO:
            return (None if track.setting.is_disabled else 0), None
        source = track.source
        wanted = wanted_encoding(track.setting, source.heights, len(source.flowing))
        if wanted is None or track.is_held_back:
            return None, None
        rung = rung_of(wanted) if track.ceiling is None else min(rung_of(wanted), track.ceiling)
        if self._shed_steps:
            rung = min(rung, best_rung(len(source.flowing), self._shed_steps))
        layer = flowing_encoding(layer_of(rung), source.flowing)
        rates = source.temporal[layer] if layer is not None and layer < len(source.temporal) else []
        limits = [wanted_temporal([fps for _, fps in rates], track.setting.fps), temporal_of(rung, len(rates))]
        return layer, min((limit for limit in limits if limit is not None), default=None)

    # negotiating

    def hold(self) -> None:
        """Nobody signals for it now."""
        self._negotiation.hold()

    def offer_again(self) -> None:
        """Somebody signals for it again; what was said before may be lost."""
        self._negotiation.again()

    def _close(self, track: DownTrack) -> None:
        if track.id is not None:
            self._plane.close_down_track(track.id)
            track.id = track.layer = None

    def close(self) -> None:
        self._negotiation.close()
        for track in self.tracks.values():
            self._close(track)
        self.tracks.clear()
        self.peer.close()


def _ssrc() -> int:
    return secrets.randbits(32) or 1
