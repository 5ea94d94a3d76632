"""A room with its transports: the pure `Room` decides, this does, and tells the engine what happened.

After every change the subscriptions are made to match what the room says each participant receives. Events go
out before the offers they cause, because offers wait a moment.
"""

import logging
import math
from collections import Counter
from collections.abc import Iterable, Sequence

from sfu.config import (
    JoinRequest,
    LeaveReason,
    ParticipantChange,
    ParticipantState,
    PublisherAnswer,
    ViewerAnswer,
)
from sfu.connection import Connection
from sfu.errors import NotFoundError, NotReadyError, SdpError, UnsupportedError
from sfu.events import (
    Event,
)
from sfu.ids import TRACK_PREFIX, ParticipantSid, RoomName, TrackSid, UpTrackId
from sfu.live.journal import RoomJournal
from sfu.live.listener import RoomListener
from sfu.live.mover import Mover
from sfu.live.pulse import Pulse
from sfu.live.stage import Facilities, Stage
from sfu.media import SCALABLE, Codec, Kind, Source, TrackInfo, TrackPermission, TrackRequest, TrackSetting
from sfu.participant import Participant
from sfu.publication import Publication
from sfu.publishing import UpTrack
from sfu.room import Room
from sfu.sdp.local import LocalTransport
from sfu.sdp.placement import NOTHING_PLACED
from sfu.sdp.publisher import DEFAULT_PREFERENCE, RECORDED_PREFERENCE, read_offer
from sfu.sdp.viewing import read_viewing, write_viewing
from sfu.viewing import new_ssrc

logger = logging.getLogger(__name__)

# the second and third letter of a track sid, as LiveKit names them
SOURCE_LETTERS = {
    Source.CAMERA: "C",
    Source.MICROPHONE: "M",
    Source.SCREEN_SHARE: "S",
    Source.SCREEN_SHARE_AUDIO: "s",
    Source.UNKNOWN: "U",
}


class LiveRoom:
    def __init__(self, room: Room, facilities: Facilities) -> None:
        self.room = room
        self.stage = Stage(room, facilities)
        self.connections = self.stage.connections
        self.up_tracks = self.stage.up_tracks
        self.journal = RoomJournal(self.stage)
        self.pulse = Pulse(self.stage, self.journal)
        self._listener = RoomListener(self.stage)
        self._with = facilities

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
            self.stage.tell(events)
        self.connections[sid] = Connection(
            self._with.network,
            self._listener,
            sid,
            is_single=request.has_single_transport,
            is_subscriber_primary=request.permission.can_subscribe,
            joined_at=now,
        )
        self.journal.begin_if_due()

    def start(self, sid: ParticipantSid) -> None:
        connection = self.stage.connection(sid)
        connection.is_started = True
        self._open_subscriber(self.room.participant(sid), connection)

    def _open_subscriber(self, participant: Participant, connection: Connection) -> None:
        if connection.is_started and participant.permission.can_subscribe:
            connection.open_subscriber(self._with.config, can_reuse_sections=participant.request.can_reuse_sections)
        self._match_reader(participant)

    def detach(self, sid: ParticipantSid) -> bool:
        """Nobody signals for it any more; False when it has no media either, and cannot be kept."""
        connection = self.stage.connection(sid)
        if self.room.participant(sid).state is not ParticipantState.ACTIVE or connection.failed_at is not None:
            return False
        connection.detached_at = self._with.clock()
        if connection.subscriber is not None:
            connection.subscriber.hold()
        return True

    def resume(self, sid: ParticipantSid) -> None:
        """Somebody signals for it again, before or after `detach`. NotFoundError when its media is gone."""
        connection = self.stage.connection(sid)
        is_whole = self.room.participant(sid).state is ParticipantState.ACTIVE and connection.failed_at is None
        if not is_whole:
            raise NotFoundError(f"nothing of {sid} can be resumed")
        connection.detached_at, connection.resumed_at = None, self._with.clock()

    def offer_again(self, sid: ParticipantSid) -> None:
        side = self.stage.connection(sid).subscriber
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
        self.stage.prove(who, connection.ledger.close(math.floor(now)))
        self.stage.tell(events)
        self.stage.speakers.forget(who.sid)
        self.stage.demand.doubt(connection.subscriber.tracks if connection.subscriber else ())
        connection.close()
        self._forget_tracks(tracks)

    def check_send_off(self, sid: ParticipantSid) -> Participant:
        """Who is to move. NotReadyError: its client could not be told."""
        participant, connection = self.room.participant(sid), self.stage.connection(sid)
        is_reachable = connection.detached_at is None and connection.failed_at is None
        if participant.state is not ParticipantState.ACTIVE or not is_reachable:
            raise NotReadyError(f"{participant.identity} is not connected now")
        if not participant.request.can_move:
            raise NotReadyError(f"the client of {participant.identity} cannot change rooms")
        return participant

    def send_off(self, sid: ParticipantSid, destination: RoomName) -> Mover:
        """Its transports and up tracks stay open; the room sees it leave."""
        participant, connection = self.room.participant(sid), self.stage.connection(sid)
        now = self._with.clock()
        self._with.measure()
        self.stage.prove(participant, connection.ledger.close(math.floor(now)))
        tracks = tuple(track for owner, track in self.up_tracks.values() if owner == sid)
        published = frozenset(each.sid for each in participant.published)
        moved, events = self.room.send_off(sid, destination, now)
        self.stage.tell(events)
        del self.connections[sid]
        self.stage.speakers.forget(sid)
        self.stage.demand.doubt(connection.subscriber.tracks if connection.subscriber else ())
        self._forget_tracks(moved.publications)
        return Mover(participant=moved, connection=connection, tracks=tracks, published=published)

    def take_in(self, mover: Mover) -> None:
        """The room sees it come with its tracks, and it receives what is here."""
        sid, now = mover.participant.sid, self._with.clock()
        mover.connection.move(self._listener, now)
        self.stage.tell(self.room.take_in(mover.participant, now))
        self.connections[sid] = mover.connection
        self.journal.begin_if_due()
        for track in mover.tracks:
            self.up_tracks[track.id] = sid, track
            self.stage.demand.begin(sid, track)
            if track.track_sid in mover.published and not track.is_backup:
                self._publish(sid, track)
        self._open_subscriber(mover.participant, mover.connection)
        self.stage.tell_speakers(sid)

    def change(self, sid: ParticipantSid, change: ParticipantChange) -> None:
        participant = self.room.participant(sid)
        before = set(participant.publications)
        self.stage.tell(self.room.change(sid, change))
        self._forget_tracks(before - set(participant.publications))
        if change.permission is not None:
            self._open_subscriber(participant, self.stage.connection(sid))
            self._match_publisher(participant)

    # publishing

    def add_track(self, sid: ParticipantSid, request: TrackRequest) -> TrackInfo:
        if request.extends is not None:
            return self.room.participant(sid).extend(request).info()
        letters = ("A" if request.kind is Kind.AUDIO else "V") + SOURCE_LETTERS[request.source]
        track = TrackSid(self._with.new_sid(TRACK_PREFIX + letters))
        return self.room.participant(sid).announce(track, request).info()

    def publisher_offer(self, sid: ParticipantSid, sdp: str) -> PublisherAnswer:
        participant, connection = self.room.participant(sid), self.stage.connection(sid)
        preferred = RECORDED_PREFERENCE if self._is_recorded else DEFAULT_PREFERENCE
        in_use = connection.publisher.codecs if connection.publisher else {}
        offer = read_offer(sdp, preferred, in_use, self._announced_codecs(participant))
        publisher = connection.open_publisher()
        plan = publisher.plan(offer, participant)
        for track_sid in plan.ended:
            self.unpublish(sid, track_sid)
        for track_sid in plan.ended_backups:
            self._end_backup(sid, track_sid)
        placed = connection.subscriber.place(offer) if connection.subscriber else NOTHING_PLACED
        answer, opened = publisher.answer(offer, plan, placed)
        if connection.subscriber is not None:
            connection.subscriber.placed(offer, placed)
        for track in opened:
            self.up_tracks[track.id] = sid, track
            if participant.publications[track.track_sid].is_muted and not track.is_backup:
                # nothing may flow until it is unmuted, yet it is there for others to see
                self._publish(sid, track)
        return PublisherAnswer(sdp=answer, mid_to_track_id=placed.mids)

    @property
    def _is_recorded(self) -> bool:
        return self.room.auto_record or self.room.is_recording

    def _announced_codecs(self, participant: Participant) -> dict[str, Codec]:
        """What each track is to be sent in, as far as the client may choose: a recording has a choice of its own
        between the codecs without layers inside.
        """
        announced = participant.announced_codecs().items()
        is_free = not self._is_recorded
        return {cid: codec for cid, (codec, is_backup) in announced if is_free or is_backup or codec in SCALABLE}

    def media_started(self, up_track: UpTrackId, encoding: int) -> None:
        known = self.up_tracks.get(up_track)
        if known is None:
            return
        sid, track = known
        if encoding < len(track.flowing):
            track.flowing[encoding] = True
        if track.is_backup:
            self._begin_backup(sid, track)
        elif self.room.participant(sid).publication(track.track_sid).is_published:
            self.stage.refresh(track)
        else:
            self._publish(sid, track)

    def _publish(self, sid: ParticipantSid, track: UpTrack) -> None:
        participant = self.room.participant(sid)
        publication = participant.publication(track.track_sid)
        self.stage.tell(self.room.publish(sid, track.track_sid))
        self.journal.open_track(sid, track)
        for reader in list(self.room.participants.values()):
            self._match(reader, participant, publication)
        self.stage.demand.doubt([track.track_sid])

    def _begin_backup(self, sid: ParticipantSid, track: UpTrack) -> None:
        """Who waits for the second codec gets it; by its publisher's choice everybody does."""
        self.stage.tell(self.room.note_track(sid, track.track_sid))
        publisher = self.stage.connection(sid).publisher
        first = publisher.tracks.get(track.track_sid) if publisher else None
        for connection in self.connections.values():
            if first is not None and first.is_backup_alone and connection.subscriber is not None:
                connection.subscriber.use_backup(track.track_sid)
        self.stage.refresh(track)
        self.stage.demand.doubt([track.track_sid])

    def _end_backup(self, sid: ParticipantSid, track_sid: TrackSid) -> None:
        """The publisher sends the second codec no more."""
        publisher = self.stage.connection(sid).publisher
        if publisher is not None:
            publisher.close_backup(track_sid)
        self.room.participant(sid).publication(track_sid).end_backup()
        for up_track in [up for up, (_, each) in self.up_tracks.items() if each.track_sid == track_sid]:
            if self.up_tracks[up_track][1].is_backup:
                del self.up_tracks[up_track]
        self.stage.tell(self.room.note_track(sid, track_sid))
        self.stage.demand.forget_backup(track_sid)
        for connection in self.connections.values():
            if connection.subscriber is not None:
                self.stage.demand.want(connection.subscriber.lose_backup(track_sid))

    def mute(self, sid: ParticipantSid, track_sid: TrackSid, is_muted: bool) -> TrackInfo:
        events = self.room.mute(sid, track_sid, is_muted)
        publisher = self.stage.connection(sid).publisher
        track = publisher.tracks.get(track_sid) if publisher else None
        for each in (track, track.backup) if track else ():
            if each is not None:
                self._with.plane.set_up_track_muted(each.id, is_muted)
        self.stage.tell(events)
        return self.room.participant(sid).publication(track_sid).info()

    def unpublish(self, sid: ParticipantSid, track_sid: TrackSid, is_forced: bool = False) -> None:
        self.stage.tell(self.room.unpublish(sid, track_sid, is_forced))
        self._forget_tracks([track_sid])

    def _forget_tracks(self, tracks: Iterable[TrackSid]) -> None:
        """Closes both ends of tracks that are unpublished."""
        gone = set(tracks)
        self.stage.demand.forget(gone)
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
            self.stage.demand.want(side.add(publication.info(), track, reader.subscriptions.setting(publication.sid)))
        else:
            self.stage.tell(self.room.unsubscribed(reader.sid, publisher.sid, publication.sid))
            side.remove(publication.sid)
            self.stage.demand.doubt([publication.sid])

    def _match_reader(self, reader: Participant) -> None:
        for publisher, publication in list(self.room.published()):
            self._match(reader, publisher, publication)

    def view(self, sid: ParticipantSid, sdp: str, *, is_one_source: bool) -> ViewerAnswer:
        connection = self.stage.connection(sid)
        if connection.subscriber is not None:
            raise SdpError("a player offers once")
        offer = read_viewing(sdp, new_ssrc)
        peer = connection.open_viewer(offer.slots).peer
        peer.negotiate(offer.remote, is_server=offer.remote.setup != "passive", max_message_size=0)
        answer = write_viewing(offer, peer.local, is_one_source=is_one_source)
        self._match_reader(self.room.participant(sid))
        slots = Counter(slot.kind for slot in offer.slots)
        return ViewerAnswer(sdp=answer, slots=dict(slots), codecs=offer.codecs)

    def _match_publisher(self, publisher: Participant) -> None:
        for reader in list(self.room.participants.values()):
            for publication in publisher.published:
                self._match(reader, publisher, publication)

    def visible_tracks(self, sid: ParticipantSid) -> frozenset[TrackSid]:
        reader = self.room.participant(sid)
        return frozenset(track.sid for publisher, track in self.room.published() if publisher.shows(track.sid, reader))

    def restart_ice(self, sid: ParticipantSid) -> LocalTransport:
        peers = self.stage.connection(sid).peers()
        if len(peers) != 1:
            raise UnsupportedError(f"{sid} has {len(peers)} transports")
        peers[0].restart_ice()
        return peers[0].local

    def subscriber_answer(self, sid: ParticipantSid, sdp: str, offer_id: int) -> None:
        side = self.stage.connection(sid).subscriber
        if side is None:
            raise NotFoundError(f"no offer was made to {sid}")
        side.answer(sdp, offer_id)

    def update_subscription(self, sid: ParticipantSid, tracks: Sequence[TrackSid], is_wanted: bool) -> None:
        reader = self.room.participant(sid)
        reader.subscriptions.wish(tracks, is_wanted)
        self._match_reader(reader)

    def track_setting(self, sid: ParticipantSid, tracks: Sequence[TrackSid], setting: TrackSetting) -> None:
        self.room.participant(sid).subscriptions.set(tracks, setting)
        side = self.stage.connection(sid).subscriber
        if side is not None:
            for track in tracks:
                self.stage.demand.want(side.set(track, setting))

    def show(self, sid: ParticipantSid, all_participants: bool, permissions: Sequence[TrackPermission]) -> None:
        publisher = self.room.participant(sid)
        self.stage.tell(self.room.show(sid, all_participants, permissions))
        self._match_publisher(publisher)

    # its end

    def finish(self, reason: LeaveReason) -> None:
        """Everybody leaves; a recording is closed for good."""
        for sid in list(self.connections):
            self.leave(sid, reason)
        self.journal.end(reason.value)

    def suspend(self) -> None:
        """The node stops: everybody leaves, a recording is left to be continued."""
        for sid in list(self.connections):
            self.leave(sid, LeaveReason.SERVER_SHUTDOWN)
        self.journal.suspend()
