"""What one participant is sent: its subscriber transport, the offers on it, and its down tracks.

An offer is made a moment after a change, so that changes that come together share it; the next one waits for
the answer. A down track is opened when the answer accepts its section.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sfu._dataplane import Dataplane, DataplaneError
from sfu.ids import DownTrackId, ParticipantSid, TrackSid
from sfu.media import Kind, TrackInfo, TrackSetting
from sfu.policy.allocation import PAUSED, Allocation
from sfu.policy.layers import flowing_encoding, wanted_encoding
from sfu.publishing import UpTrack
from sfu.sdp import codecs
from sfu.sdp.subscriber import AcceptedSection, DownTrackSpec, SubscriberAnswer, SubscriberDescription
from sfu.transport.peer import Network, Peer, PeerListener


class SubscriberListener(PeerListener, Protocol):
    def on_offer(self, offer_id: int, sdp: str, mids: dict[str, str]) -> None: ...

    def on_subscribed(self, publisher_sid: ParticipantSid, track_sid: TrackSid) -> None: ...

    def on_refused(self, track_sid: TrackSid) -> None: ...

    def on_held_back(self, tracks: "Sequence[DownTrack]") -> None: ...


@dataclass(slots=True, kw_only=True)
class DownTrack:
    """`id` None until the peer has accepted it; `layer` is what the data plane was last told.

    `ceiling`: the best encoding the path has room for, None = no limit.
    """

    info: TrackInfo
    up_track: UpTrack
    spec: DownTrackSpec
    setting: TrackSetting
    id: DownTrackId | None = None
    layer: int | None = None
    ceiling: int | None = None

    @property
    def is_due(self) -> bool:
        """Whether media of it is to reach the subscriber."""
        return self.id is not None and self.layer is not None

    @property
    def is_held_back(self) -> bool:
        """Paused because the path has no room for it."""
        return self.ceiling == PAUSED


class SubscriberSide:
    def __init__(
        self,
        network: Network,
        listener: SubscriberListener,
        *,
        debounce_s: float,
        can_reuse_sections: bool,
    ) -> None:
        self._plane: Dataplane = network.plane
        self._listener = listener
        self._debounce_s = debounce_s
        self._timeout_s = network.limits.negotiation_s
        self.peer: Peer = network.open(listener, creates_channels=True)
        self._description = SubscriberDescription(self.peer.local, can_reuse_sections)
        self.tracks: dict[TrackSid, DownTrack] = {}
        self.allocation = Allocation()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._is_held = False
        self._is_connected = False
        self._offer_soon()

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
        )
        self.tracks[info.sid] = DownTrack(info=info, up_track=up_track, spec=spec, setting=setting)
        self._description.add(spec)
        self._offer_soon()
        return self.tracks[info.sid]

    def remove(self, sid: TrackSid) -> None:
        """Nothing when it is not there."""
        track = self.tracks.pop(sid, None)
        if track is None:
            return
        if track.id is not None:
            self._plane.close_down_track(track.id)
        self._description.remove(sid)
        self._offer_soon()

    def set(self, sid: TrackSid, setting: TrackSetting) -> DownTrack | None:
        """The track, if it is one of these."""
        track = self.tracks.get(sid)
        if track is not None:
            track.setting = setting
            self._choose_layer(track)
        return track

    def refresh(self, sid: TrackSid) -> None:
        """Other encodings of the track flow now."""
        track = self.tracks.get(sid)
        if track is not None:
            self._choose_layer(track)

    def available_bps(self) -> int:
        """What the path to the subscriber carries; 0 = not known."""
        try:
            return self._plane.transport_stats(self.peer.transport).available_bps
        except DataplaneError:
            return 0

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

    def answer(self, text: str, offer_id: int) -> None:
        answer = self._description.answer(text, offer_id)
        if answer is None:
            return
        self._forget_deadline()
        # the answerer's role is the opposite of ours; "active" is what browsers choose
        self.peer.negotiate(
            answer.remote,
            is_server=answer.remote.setup != "passive",
            max_message_size=answer.max_message_size,
        )
        self._accept(answer)
        self._offer_soon()

    def _accept(self, answer: SubscriberAnswer) -> None:
        for sid, section in answer.accepted.items():
            track = self.tracks.get(sid)
            if track is not None and track.id is None and self._open(track, section):
                self._choose_layer(track)
                self._listener.on_subscribed(track.info.participant_sid, sid)
        for sid in answer.refused:
            if sid in self.tracks:
                self.remove(sid)
                self._listener.on_refused(sid)

    def _open(self, track: DownTrack, section: AcceptedSection) -> bool:
        payload_type = codecs.DOWN[track.spec.codec]
        try:
            number = self._plane.open_down_track(
                self.peer.transport,
                track.up_track.id,
                ssrc=track.spec.ssrc,
                rtx_ssrc=track.spec.rtx_ssrc,
                payload_type=payload_type.number,
                rtx_payload_type=payload_type.rtx or 0,
                mid=section.mid,
                extensions=section.extensions,
            )
        except DataplaneError:
            # its publisher went away while the answer was on its way
            return False
        track.id = DownTrackId(number)
        # the data plane lets audio flow at once and holds video back
        track.layer = 0 if track.info.kind is Kind.AUDIO else None
        return True

    def begin(self) -> None:
        """The transport is connected: a key frame that is asked for now also arrives."""
        self._is_connected = True
        for track in self.tracks.values():
            self._choose_layer(track)

    def _choose_layer(self, track: DownTrack) -> None:
        if track.id is None or not self._is_connected:
            return
        flowing = track.up_track.flowing
        if track.info.kind is Kind.AUDIO:
            layer = None if track.setting.is_disabled else 0
        else:
            wanted = wanted_encoding(track.setting, track.info.layers, len(flowing))
            if wanted is not None and track.ceiling is not None:
                wanted = None if track.is_held_back else min(wanted, track.ceiling)
            layer = flowing_encoding(wanted, flowing)
        if layer != track.layer:
            track.layer = layer
            try:
                self._plane.set_layer(track.id, layer)
            except DataplaneError:
                # closed with its up track; the room is about to tell us
                track.layer = None

    # offers

    def hold(self) -> None:
        """Nobody can be offered anything for now; an outstanding offer is given up."""
        self._is_held = True
        self._forget_deadline()

    def offer_again(self) -> None:
        """Whatever was said before may be lost: one offer of all there is."""
        self._is_held = False
        self._forget_deadline()
        self._description.supersede()
        self._offer_soon()

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _offer_soon(self) -> None:
        if self._timer is None and not self._is_closed and self._description.needs_offer:
            self._timer = self._loop.call_later(self._debounce_s, self._offer)

    def _offer(self) -> None:
        self._timer = None
        if self._is_closed or self._is_held or not self._description.needs_offer:
            return
        sdp, mids = self._description.offer()
        self._deadline = self._loop.call_later(self._timeout_s, self.peer.fail, "offer not answered in time")
        self._listener.on_offer(self._description.offer_id, sdp, mids)

    def close(self) -> None:
        self._is_closed = True
        for timer in (self._timer, self._deadline):
            if timer is not None:
                timer.cancel()
        for track in self.tracks.values():
            if track.id is not None:
                self._plane.close_down_track(track.id)
        self.tracks.clear()
        self.peer.close()


def _ssrc() -> int:
    return secrets.randbits(32) or 1
