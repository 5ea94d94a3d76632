"""A room with its transports: the pure `Room` decides, this does, and tells the engine what happened.

After every change the subscriptions are made to match what the room says each participant receives. Events go
out before the offers they cause, because offers wait a moment.
"""

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sfu._dataplane import Dataplane, Level
from sfu.allocating import Costs, allot
from sfu.config import (
    EngineConfig,
    JoinRequest,
    LeaveReason,
    ParticipantChange,
    ParticipantState,
)
from sfu.connection import SUBSCRIBER, Connection
from sfu.demand import Demand
from sfu.errors import NotFoundError, SfuError, UnsupportedError
from sfu.events import (
    DataReceived,
    Event,
    PresenceProven,
    SpeakersChanged,
    StreamState,
    StreamStatesChanged,
    SubscriberOffer,
    TransportFailed,
)
from sfu.ids import TRACK_PREFIX, ParticipantSid, TrackSid, TransportId, UpTrackId
from sfu.measuring import Attendant
from sfu.media import DataKind, Kind, Source, TrackInfo, TrackPermission, TrackRequest, TrackSetting
from sfu.participant import Participant
from sfu.policy.speakers import Loudness, Speakers
from sfu.publication import Publication
from sfu.publishing import UpTrack, poll_flow
from sfu.recording import Recording
from sfu.room import Room
from sfu.sdp.publisher import DEFAULT_PREFERENCE, RECORDED_PREFERENCE, read_offer
from sfu.subscribing import DownTrack
from sfu.transport.peer import Network
from sfu.watching import QualityWatch

logger = logging.getLogger(__name__)

# the second and third letter of a track sid, as LiveKit names them
SOURCE_LETTERS = {
    Source.CAMERA: "C",
    Source.MICROPHONE: "M",
    Source.SCREEN_SHARE: "S",
    Source.SCREEN_SHARE_AUDIO: "s",
    Source.UNKNOWN: "U",
}

# how long media may go on without signalling before the stay is over; clients try again within a few seconds
DETACHED_GRACE_S = 20
# how long the front door has to end a stay whose transport failed
FAILED_GRACE_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Facilities:
    """What a room needs of its engine."""

    config: EngineConfig
    network: Network
    new_sid: Callable[[str], str]
    clock: Callable[[], float]
    emit: Callable[[Event], None]
    measure: Callable[[], None]

    @property
    def plane(self) -> Dataplane:
        return self.network.plane


class LiveRoom:
    def __init__(self, room: Room, facilities: Facilities) -> None:
        self.room = room
        self._with = facilities
        self.connections: dict[ParticipantSid, Connection] = {}
        self.up_tracks: dict[UpTrackId, tuple[ParticipantSid, UpTrack]] = {}
        self._speakers = Speakers()
        self._demand = Demand(room.name, facilities.emit)
        self._quality = QualityWatch(facilities.plane)
        self._spoke_last: frozenset[ParticipantSid] = frozenset()
        self._costs = Costs(facilities.plane)
        self._recording: Recording | None = None
        self._is_recording_refused = False

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            if self._recording is not None:
                self._recording.handle(event)
            self._with.emit(event)

    def connection(self, sid: ParticipantSid) -> Connection:
        try:
            return self.connections[sid]
        except KeyError:
            raise NotFoundError(f"no participant {sid}") from None

    # participants

    def join(self, sid: ParticipantSid, request: JoinRequest) -> None:
        """LimitExceededError before anything is changed."""
        now = self._with.clock()
        earlier = self.room.find(request.identity)
        tracks = list(earlier.publications) if earlier else []
        events = self.room.join(sid, request, now)
        if earlier:
            self._end_stay(earlier, tracks, events, now)
        else:
            self._tell(events)
        self.connections[sid] = Connection(
            self._with.network,
            self,
            sid,
            is_subscriber_primary=request.permission.can_subscribe,
            joined_at=now,
        )
        self.record_if_due()

    def start(self, sid: ParticipantSid) -> None:
        connection = self.connection(sid)
        connection.is_started = True
        self._open_subscriber(self.room.participant(sid), connection)

    def _open_subscriber(self, participant: Participant, connection: Connection) -> None:
        if connection.is_started and participant.permission.can_subscribe:
            connection.open_subscriber(self._with.config, can_reuse_sections=participant.request.can_reuse_sections)
        self._match_reader(participant)

    def detach(self, sid: ParticipantSid) -> bool:
        """Nobody signals for it any more; False when it has no media either, and cannot be kept."""
        connection = self.connection(sid)
        if self.room.participant(sid).state is not ParticipantState.ACTIVE or connection.failed_at is not None:
            return False
        connection.detached_at = self._with.clock()
        if connection.subscriber is not None:
            connection.subscriber.hold()
        return True

    def resume(self, sid: ParticipantSid) -> None:
        """Somebody signals for it again, before or after `detach`. NotFoundError when its media is gone."""
        connection = self.connection(sid)
        is_whole = self.room.participant(sid).state is ParticipantState.ACTIVE and connection.failed_at is None
        if not is_whole:
            raise NotFoundError(f"nothing of {sid} can be resumed")
        connection.detached_at = None

    def offer_again(self, sid: ParticipantSid) -> None:
        side = self.connection(sid).subscriber
        if side is not None:
            side.offer_again()

    def leave(self, sid: ParticipantSid, reason: LeaveReason) -> None:
        """Nothing when it is not here."""
        participant = self.room.participants.get(sid)
        if participant is None:
            return
        now = self._with.clock()
        tracks = list(participant.publications)
        self._end_stay(participant, tracks, self.room.leave(sid, reason, now), now)

    def _end_stay(self, who: Participant, tracks: list[TrackSid], events: list[Event], now: float) -> None:
        connection = self.connections.pop(who.sid)
        # the last words about it come with its transports still open
        self._with.measure()
        self._prove(who, connection.ledger.close(math.floor(now)))
        self._tell(events)
        self._speakers.forget(who.sid)
        self._demand.doubt(connection.subscriber.tracks if connection.subscriber else ())
        connection.close()
        self._forget_tracks(tracks)

    def change(self, sid: ParticipantSid, change: ParticipantChange) -> None:
        participant = self.room.participant(sid)
        before = set(participant.publications)
        self._tell(self.room.change(sid, change))
        self._forget_tracks(before - set(participant.publications))
        if change.permission is not None:
            self._open_subscriber(participant, self.connection(sid))

    # publishing

    def add_track(self, sid: ParticipantSid, request: TrackRequest) -> TrackInfo:
        letters = ("A" if request.kind is Kind.AUDIO else "V") + SOURCE_LETTERS[request.source]
        track = TrackSid(self._with.new_sid(TRACK_PREFIX + letters))
        return self.room.participant(sid).announce(track, request).info()

    def publisher_offer(self, sid: ParticipantSid, sdp: str) -> str:
        participant, connection = self.room.participant(sid), self.connection(sid)
        preferred = RECORDED_PREFERENCE if self._is_recorded else DEFAULT_PREFERENCE
        in_use = connection.publisher.codecs if connection.publisher else {}
        offer = read_offer(sdp, preferred, in_use)
        publisher = connection.open_publisher()
        plan = publisher.plan(offer, participant)
        for track_sid in plan.ended:
            self.unpublish(sid, track_sid)
        answer, opened = publisher.answer(offer, plan)
        for track in opened:
            self.up_tracks[track.id] = sid, track
            if participant.publications[track.track_sid].is_muted:
                # nothing may flow until it is unmuted, yet it is there for others to see
                self._publish(sid, track)
        return answer

    @property
    def _is_recorded(self) -> bool:
        return self.room.auto_record or self.room.is_recording

    def media_started(self, up_track: UpTrackId, encoding: int) -> None:
        known = self.up_tracks.get(up_track)
        if known is None:
            return
        sid, track = known
        if encoding < len(track.flowing):
            track.flowing[encoding] = True
        if self.room.participant(sid).publication(track.track_sid).is_published:
            self._refresh(track)
        else:
            self._publish(sid, track)

    def _publish(self, sid: ParticipantSid, track: UpTrack) -> None:
        participant = self.room.participant(sid)
        publication = participant.publication(track.track_sid)
        self._tell(self.room.publish(sid, track.track_sid))
        if self._recording is not None:
            self._recording.open_track(participant.info(), publication.info(), track)
        for reader in list(self.room.participants.values()):
            self._match(reader, participant, publication)
        self._demand.doubt([track.track_sid])

    def mute(self, sid: ParticipantSid, track_sid: TrackSid, is_muted: bool) -> TrackInfo:
        events = self.room.mute(sid, track_sid, is_muted)
        publisher = self.connection(sid).publisher
        track = publisher.tracks.get(track_sid) if publisher else None
        if track is not None:
            self._with.plane.set_up_track_muted(track.id, is_muted)
        self._tell(events)
        return self.room.participant(sid).publication(track_sid).info()

    def unpublish(self, sid: ParticipantSid, track_sid: TrackSid, is_forced: bool = False) -> None:
        self._tell(self.room.unpublish(sid, track_sid, is_forced))
        self._forget_tracks([track_sid])

    def _forget_tracks(self, tracks: Iterable[TrackSid]) -> None:
        """Closes both ends of tracks that are unpublished."""
        gone = set(tracks)
        self._demand.forget(gone)
        for connection in self.connections.values():
            for track in gone:
                if connection.publisher is not None:
                    connection.publisher.close_track(track)
                if connection.subscriber is not None:
                    connection.subscriber.remove(track)
        for up_track in [up for up, (_, track) in self.up_tracks.items() if track.track_sid in gone]:
            del self.up_tracks[up_track]

    # subscribing

    def _match(self, reader: Participant, publisher: Participant, publication: Publication) -> None:
        """Makes what `reader` is sent of one publication agree with what it is to receive."""
        connection = self.connections.get(reader.sid)
        side = connection.subscriber if connection else None
        source = self.connections[publisher.sid].publisher
        track = source.tracks.get(publication.sid) if source else None
        if side is None:
            return
        if track is not None and self.room.receives(reader, publisher, publication):
            self._demand.want(side.add(publication.info(), track, reader.subscriptions.setting(publication.sid)))
        else:
            self._tell(self.room.unsubscribed(reader.sid, publisher.sid, publication.sid))
            side.remove(publication.sid)
            self._demand.doubt([publication.sid])

    def _match_reader(self, reader: Participant) -> None:
        for publisher, publication in list(self.room.published()):
            self._match(reader, publisher, publication)

    def subscriber_answer(self, sid: ParticipantSid, sdp: str, offer_id: int) -> None:
        side = self.connection(sid).subscriber
        if side is None:
            raise NotFoundError(f"no offer was made to {sid}")
        side.answer(sdp, offer_id)

    def update_subscription(self, sid: ParticipantSid, tracks: Sequence[TrackSid], is_wanted: bool) -> None:
        reader = self.room.participant(sid)
        reader.subscriptions.wish(tracks, is_wanted)
        self._match_reader(reader)

    def track_setting(self, sid: ParticipantSid, tracks: Sequence[TrackSid], setting: TrackSetting) -> None:
        self.room.participant(sid).subscriptions.set(tracks, setting)
        side = self.connection(sid).subscriber
        if side is not None:
            for track in tracks:
                self._demand.want(side.set(track, setting))

    def show(self, sid: ParticipantSid, all_participants: bool, permissions: Sequence[TrackPermission]) -> None:
        publisher = self.room.participant(sid)
        self._tell(self.room.show(sid, all_participants, permissions))
        for reader in list(self.room.participants.values()):
            for publication in publisher.published:
                self._match(reader, publisher, publication)

    def _refresh(self, track: UpTrack) -> None:
        """Other encodings flow now: subscribers may get a better one."""
        for connection in self.connections.values():
            if connection.subscriber is not None:
                connection.subscriber.refresh(track.track_sid)

    # recording

    def record_if_due(self) -> None:
        """Begins a recording that is to be: when somebody is there, and again while the disk refuses it."""
        is_possible = self._with.config.journal_folder is not None and bool(self.connections)
        if not (self.room.auto_record and is_possible and self._recording is None):
            return
        try:
            self.start_recording()
        except SfuError as error:
            if not self._is_recording_refused:
                logger.error("room %r is not recorded: %s", self.room.name, error)
            self._is_recording_refused = True
        else:
            self._is_recording_refused = False

    def start_recording(self) -> None:
        """Nothing when it is being recorded."""
        folder = self._with.config.journal_folder
        if folder is None:
            raise UnsupportedError("this node has no journal folder")
        if self._recording is not None:
            return
        recording = Recording(self._with.plane, folder, self.room.info(), self._with.clock())
        for participant in self.room.participants.values():
            recording.add_participant(participant.info())
        self._recording = recording
        for sid, track in self.up_tracks.values():
            participant = self.room.participant(sid)
            publication = participant.publication(track.track_sid)
            if publication.is_published:
                recording.open_track(participant.info(), publication.info(), track)
        self._demand.record(self.up_tracks)
        self._tell(self.room.set_recording(True))

    def stop_recording(self, reason: str = "stopped") -> None:
        """Nothing when it is not being recorded."""
        self.room.auto_record = False
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.close(reason)
            self._demand.doubt(track.track_sid for _, track in self.up_tracks.values())
            self._tell(self.room.set_recording(False))

    def record_chat(self, sid: ParticipantSid, text: str) -> None:
        if self._recording is not None:
            self._recording.add_chat(self.room.participant(sid).info(), text)

    def records_to(self, journal: int) -> bool:
        return self._recording is not None and self._recording.id == journal

    # what the clock brings

    def hear(self, levels: dict[int, Level]) -> None:
        """One window of loudness."""
        window = []
        for up_track, (sid, track) in self.up_tracks.items():
            level = levels.get(up_track)
            source = self.room.participant(sid).publication(track.track_sid).request.source
            if level is not None and source in (Source.MICROPHONE, Source.UNKNOWN):
                window.append(
                    Loudness(
                        participant_sid=sid,
                        loudest_dbov=level.loudest_dbov,
                        active_packets=level.active_packets,
                    )
                )
        changed = self._speakers.observe(window)
        if changed:
            if self._recording is not None:
                self._recording.add_speakers(self._speakers.loudest_first())
            self._tell([SpeakersChanged(room=self.room.name, speakers=tuple(changed))])

    def poll_flow(self) -> None:
        for _, track in self.up_tracks.values():
            if poll_flow(self._with.plane, track):
                self._refresh(track)

    def tell_quality(self, now: float) -> None:
        """Once a window of `sfu.policy.quality`."""
        self._tell(self._quality.look(self.room, self.connections, now))

    def settle_demand(self, now: float) -> None:
        """Publishers need not send what nobody has wanted for a while; a recording takes the best of all."""
        recorded = {track.track_sid for _, track in self.up_tracks.values()} if self._recording else set()
        self._demand.settle(self.up_tracks, self.connections.values(), recorded=recorded, now=now)

    def allot(self, now: float) -> None:
        """Shares what the path to each subscriber carries among what it is sent."""
        # in a pause the last to speak still come first
        self._spoke_last = frozenset(self._speakers.loudest_first()) or self._spoke_last
        self._costs.begin_second(self.up_tracks)
        for connection in self.connections.values():
            if connection.subscriber is not None:
                allot(connection.subscriber, self._costs, speaking=self._spoke_last, now=now)

    def stuck(self, now: float) -> list[tuple[ParticipantSid, LeaveReason]]:
        """Stays that never became active, whose transport failed and whom nobody has ended, or that nobody resumed."""
        found = []
        for sid, connection in self.connections.items():
            is_joining = self.room.participant(sid).state is ParticipantState.JOINED
            if is_joining and now - connection.joined_at > self._with.config.join_timeout_s:
                found.append((sid, LeaveReason.CONNECTION_TIMEOUT))
            elif connection.failed_at is not None and now - connection.failed_at > FAILED_GRACE_S:
                found.append((sid, LeaveReason.MEDIA_FAILURE))
            elif connection.detached_at is not None and now - connection.detached_at > DETACHED_GRACE_S:
                found.append((sid, LeaveReason.SIGNAL_CLOSE))
        return found

    def attendants(self) -> list[Attendant]:
        return [connection.attendant(self._due_from(connection)) for connection in self.connections.values()]

    def _due_from(self, connection: Connection) -> frozenset[TransportId]:
        """The transports whose media this participant is to get now."""
        if connection.subscriber is None:
            return frozenset()
        sources = set()
        for track in connection.subscriber.tracks.values():
            publisher = self.connections.get(track.info.participant_sid)
            participant = self.room.participants.get(track.info.participant_sid)
            if track.is_due and participant and publisher and publisher.publisher:
                if not participant.publication(track.info.sid).is_muted:
                    sources.add(publisher.publisher.peer.transport)
        return frozenset(sources)

    def prove_presence(self, now: float) -> None:
        for sid, connection in self.connections.items():
            self._prove(self.room.participant(sid), connection.ledger.settle(math.floor(now)))

    def _prove(self, participant: Participant, spans: list[tuple[int, int]]) -> None:
        if spans and not participant.permission.is_hidden:
            self._with.emit(
                PresenceProven(
                    room=self.room.name,
                    identity=participant.identity,
                    participant_sid=participant.sid,
                    spans=tuple(spans),
                )
            )

    # what the transports bring (ConnectionListener)

    def on_connected(self, sid: ParticipantSid, role: str) -> None:
        connection = self.connections.get(sid)
        if connection is None:
            return
        if role == SUBSCRIBER and connection.subscriber is not None:
            connection.subscriber.begin()
        if role == connection.primary_role:
            self._tell(self.room.activate(sid))
            self._tell_speakers(sid)

    def _tell_speakers(self, sid: ParticipantSid) -> None:
        """Who speaks now, to a newcomer: later events only tell changes."""
        speaking = tuple(self._speakers.now())
        if speaking:
            self._with.emit(SpeakersChanged(room=self.room.name, speakers=speaking, only_to=sid))

    def on_data(self, sid: ParticipantSid, kind: DataKind, payload: bytes) -> None:
        participant = self.room.participants.get(sid)
        if participant is not None and participant.permission.can_publish_data:
            self._with.emit(DataReceived(room=self.room.name, participant_sid=sid, kind=kind, payload=payload))

    def on_failed(self, sid: ParticipantSid, role: str, reason: str) -> None:
        connection = self.connections.get(sid)
        if connection is not None:
            connection.failed_at = self._with.clock()
            self._with.emit(TransportFailed(room=self.room.name, participant_sid=sid, role=role, reason=reason))

    def on_offer(self, sid: ParticipantSid, offer_id: int, sdp: str, mids: dict[str, str]) -> None:
        self._with.emit(
            SubscriberOffer(room=self.room.name, participant_sid=sid, offer_id=offer_id, sdp=sdp, mid_to_track_id=mids)
        )

    def on_subscribed(self, sid: ParticipantSid, publisher: ParticipantSid, track: TrackSid) -> None:
        if sid in self.room.participants:
            self._tell(self.room.subscribed(sid, publisher, track))

    def on_refused(self, sid: ParticipantSid, track: TrackSid) -> None:
        participant = self.room.participants.get(sid)
        if participant is not None:
            participant.subscriptions.refuse(track)

    def on_held_back(self, sid: ParticipantSid, tracks: Sequence[DownTrack]) -> None:
        states = tuple(
            StreamState(
                publisher_sid=track.info.participant_sid, track_sid=track.info.sid, is_paused=track.is_held_back
            )
            for track in tracks
        )
        self._with.emit(StreamStatesChanged(room=self.room.name, participant_sid=sid, states=states))

    # its end

    def finish(self, reason: LeaveReason) -> None:
        """Everybody leaves; a recording is closed for good."""
        for sid in list(self.connections):
            self.leave(sid, reason)
        self.stop_recording(reason.value)

    def suspend(self) -> None:
        """The node stops: everybody leaves, a recording is left to be continued."""
        for sid in list(self.connections):
            self.leave(sid, LeaveReason.SERVER_SHUTDOWN)
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.suspend()
