"""What the transports of a room's participants bring (`ConnectionListener`)."""

from collections.abc import Sequence

from sfu.events import (
    DataReceived,
    PathLost,
    SectionsNeeded,
    StreamState,
    StreamStatesChanged,
    SubscriberOffer,
    TransportFailed,
)
from sfu.ids import ParticipantSid, TrackSid
from sfu.live.stage import Stage
from sfu.media import DataKind
from sfu.subscribing import DownTrack


class RoomListener:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._emit = stage.facilities.emit

    def on_connected(self, sid: ParticipantSid, role: str) -> None:
        connection = self._stage.connections.get(sid)
        if connection is None:
            return
        connection.connected(role)
        if role == connection.primary_role:
            self._stage.tell(self._stage.room.activate(sid))
            self._stage.tell_speakers(sid)

    def on_data(self, sid: ParticipantSid, kind: DataKind, payload: bytes) -> None:
        participant = self._stage.room.participants.get(sid)
        if participant is not None and participant.permission.can_publish_data:
            self._emit(DataReceived(room=self._stage.room.name, participant_sid=sid, kind=kind, payload=payload))

    def on_failed(self, sid: ParticipantSid, role: str, reason: str) -> None:
        connection = self._stage.connections.get(sid)
        if connection is not None:
            connection.failed_at = self._stage.facilities.clock()
            self._emit(TransportFailed(room=self._stage.room.name, participant_sid=sid, role=role, reason=reason))

    def on_path_lost(self, sid: ParticipantSid, role: str) -> None:
        connection = self._stage.connections.get(sid)
        if connection is None:
            return
        connection.lose_path(role, self._stage.facilities.clock())
        if not connection.is_restarting:
            # else the client is about to find another path by itself
            self._emit(PathLost(room=self._stage.room.name, participant_sid=sid, role=role))

    def on_path(self, sid: ParticipantSid, role: str) -> None:
        connection = self._stage.connections.get(sid)
        if connection is not None:
            connection.regain_path(role)

    def on_offer(self, sid: ParticipantSid, offer_id: int, sdp: str, mids: dict[str, str]) -> None:
        self._emit(
            SubscriberOffer(
                room=self._stage.room.name, participant_sid=sid, offer_id=offer_id, sdp=sdp, mid_to_track_id=mids
            )
        )

    def on_sections_needed(self, sid: ParticipantSid, audios: int, videos: int) -> None:
        self._emit(SectionsNeeded(room=self._stage.room.name, participant_sid=sid, audios=audios, videos=videos))

    def on_subscribed(self, sid: ParticipantSid, publisher: ParticipantSid, track: TrackSid) -> None:
        if sid in self._stage.room.participants:
            self._stage.tell(self._stage.room.subscribed(sid, publisher, track))

    def on_refused(self, sid: ParticipantSid, track: TrackSid) -> None:
        participant = self._stage.room.participants.get(sid)
        if participant is not None:
            participant.subscriptions.refuse(track)

    def on_backup_needed(self, sid: ParticipantSid, track: DownTrack) -> None:
        self._stage.demand.want(track)

    def on_held_back(self, sid: ParticipantSid, tracks: Sequence[DownTrack]) -> None:
        states = tuple(
            StreamState(
                publisher_sid=track.info.participant_sid, track_sid=track.info.sid, is_paused=track.is_held_back
            )
            for track in tracks
        )
        self._emit(StreamStatesChanged(room=self._stage.room.name, participant_sid=sid, states=states))
