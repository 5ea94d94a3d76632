"""A room: participants who may exchange media. Pure: what happens is returned as events, in order.

Invariants: one participant per identity; a participant who left is never in `participants`; every event that
changes a participant carries its newest snapshot; a track is published at most once and never comes back.
Times (`now`) are Unix seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sfu.config import (
    DEPARTURE_TIMEOUT_S,
    EMPTY_TIMEOUT_S,
    JoinRequest,
    LeaveReason,
    ParticipantChange,
    ParticipantState,
    RoomInfo,
    RoomRequest,
)
from sfu.errors import AlreadyExistsError, LimitExceededError, NotFoundError
from sfu.events import (
    Event,
    ParticipantActive,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    RecordingChanged,
    RoomUpdated,
    SubscriptionAdded,
    SubscriptionPermissionChanged,
    SubscriptionRemoved,
    TrackPublished,
    TrackUnpublished,
    TrackUpdated,
)
from sfu.ids import Identity, ParticipantSid, RoomName, RoomSid, TrackSid
from sfu.media import TrackPermission
from sfu.participant import Participant
from sfu.publication import Publication


@dataclass(slots=True)
class Room:
    sid: RoomSid
    name: RoomName
    created_at: float
    metadata: str = ""
    empty_timeout_s: int = EMPTY_TIMEOUT_S
    departure_timeout_s: int = DEPARTURE_TIMEOUT_S
    max_participants: int = 0
    auto_record: bool = False
    is_recording: bool = False
    participants: dict[ParticipantSid, Participant] = field(default_factory=dict)
    _by_identity: dict[Identity, ParticipantSid] = field(default_factory=dict)
    _empty_since: float = field(init=False)
    _was_used: bool = False

    def __post_init__(self) -> None:
        self._empty_since = self.created_at

    def info(self) -> RoomInfo:
        visible = [each for each in self.participants.values() if not each.permission.is_hidden]
        return RoomInfo(
            sid=self.sid,
            name=self.name,
            metadata=self.metadata,
            empty_timeout_s=self.empty_timeout_s,
            departure_timeout_s=self.departure_timeout_s,
            max_participants=self.max_participants,
            created_at_ms=int(self.created_at * 1000),
            num_participants=len(visible),
            num_publishers=sum(1 for each in visible if each.published),
            auto_record=self.auto_record,
            # one who is there to record records, whatever we do ourselves
            is_recording=self.is_recording or any(each.permission.is_recorder for each in self.participants.values()),
        )

    def configure(self, request: RoomRequest) -> list[Event]:
        """Applies what the request gives, leaves the rest."""
        before = self.info()
        self.metadata = request.metadata or self.metadata
        for name in ("empty_timeout_s", "departure_timeout_s", "max_participants", "auto_record"):
            value = getattr(request, name)
            if value is not None:
                setattr(self, name, value)
        return [RoomUpdated(room=self.info())] if self.info() != before else []

    def update_metadata(self, metadata: str) -> list[Event]:
        self.metadata = metadata
        return [RoomUpdated(room=self.info())]

    def set_recording(self, is_recording: bool) -> list[Event]:
        if self.is_recording == is_recording:
            return []
        self.is_recording = is_recording
        info = self.info()
        return [RecordingChanged(room=info, is_recording=is_recording), RoomUpdated(room=info)]

    def is_over(self, now: float) -> bool:
        """Nobody came for `empty_timeout_s`, or all left `departure_timeout_s` ago."""
        if self.participants:
            return False
        patience = self.departure_timeout_s if self._was_used else self.empty_timeout_s
        return now - self._empty_since >= patience

    # participants

    def participant(self, sid: ParticipantSid) -> Participant:
        try:
            return self.participants[sid]
        except KeyError:
            raise NotFoundError(f"no participant {sid}") from None

    def find(self, identity: Identity) -> Participant | None:
        sid = self._by_identity.get(identity)
        return self.participants[sid] if sid else None

    def has_place_for(self, request: JoinRequest) -> bool:
        """Who comes again takes its own place."""
        if self.max_participants == 0 or not request.permission.takes_a_place:
            return True
        others = [each for each in self.participants.values() if each.identity != request.identity]
        return sum(1 for each in others if each.permission.takes_a_place) < self.max_participants

    def join(self, sid: ParticipantSid, request: JoinRequest, now: float) -> list[Event]:
        """An earlier stay of the same identity ends first."""
        events: list[Event] = []
        earlier = self.find(request.identity)
        if not self.has_place_for(request):
            raise LimitExceededError(f"room {self.name} is full", "room_full")
        if earlier:
            events += self.leave(earlier.sid, LeaveReason.DUPLICATE_IDENTITY, now)
        participant = Participant(sid, self.name, request, int(now * 1000))
        self.participants[sid] = participant
        self._by_identity[request.identity] = sid
        self._was_used = True
        events.append(ParticipantJoined(room=self.name, participant=participant.info()))
        events.append(RoomUpdated(room=self.info()))
        return events

    def activate(self, sid: ParticipantSid) -> list[Event]:
        participant = self.participant(sid)
        if participant.state is not ParticipantState.JOINED:
            return []
        participant.state = ParticipantState.ACTIVE
        participant.touch()
        return [ParticipantActive(room=self.name, participant=participant.info())]

    def leave(self, sid: ParticipantSid, reason: LeaveReason, now: float) -> list[Event]:
        """Its tracks are unpublished, then it has left; nothing when it is not here."""
        participant = self.participants.get(sid)
        if participant is None:
            return []
        events: list[Event] = []
        for publication in list(participant.publications.values()):
            events += self.unpublish(sid, publication.sid)
        del self.participants[sid]
        del self._by_identity[participant.identity]
        participant.state = ParticipantState.LEFT
        participant.leave_reason = reason
        participant.touch()
        if not self.participants:
            self._empty_since = now
        events.append(ParticipantLeft(room=self.name, participant=participant.info(), reason=reason))
        events.append(RoomUpdated(room=self.info()))
        return events

    def send_off(self, sid: ParticipantSid, destination: RoomName, now: float) -> tuple[Participant, list[Event]]:
        """It leaves for another room: the participant as that room is to take it in."""
        participant = self.participant(sid)
        moved = participant.elsewhere(destination)
        events = self.leave(sid, LeaveReason.MIGRATION, now)
        # a client that knows a newer version of somebody believes no older one
        moved.version = participant.version + 1
        return moved, events

    def check_mover(self, participant: Participant) -> None:
        """AlreadyExistsError, LimitExceededError: it cannot be taken in."""
        if self.find(participant.identity) is not None:
            raise AlreadyExistsError(f"{participant.identity} is in room {self.name} already")
        if not self.has_place_for(participant.request):
            raise LimitExceededError(f"room {self.name} is full", "room_full")

    def take_in(self, participant: Participant, now: float) -> list[Event]:
        """Somebody comes from another room, active as it was. What it published there is to be published again."""
        self.check_mover(participant)
        participant.joined_at_ms = int(now * 1000)
        self.participants[participant.sid] = participant
        self._by_identity[participant.identity] = participant.sid
        self._was_used = True
        info = participant.info()
        return [
            ParticipantJoined(room=self.name, participant=info),
            ParticipantActive(room=self.name, participant=info),
            RoomUpdated(room=self.info()),
        ]

    def change(self, sid: ParticipantSid, change: ParticipantChange) -> list[Event]:
        """Applies it; tracks a new permission forbids are taken away."""
        participant = self.participant(sid)
        before = participant.permission
        if not participant.change(change):
            return []
        was_hidden = before.is_hidden
        events: list[Event] = [
            ParticipantUpdated(room=self.name, participant=participant.info(), was_hidden=was_hidden)
        ]
        if was_hidden != participant.permission.is_hidden or before.is_recorder != participant.permission.is_recorder:
            events.append(RoomUpdated(room=self.info()))
        for publication in list(participant.publications.values()):
            if not participant.permission.may_publish(publication.request.source):
                events += self.unpublish(sid, publication.sid, is_forced=True)
        return events

    # tracks

    def publish(self, sid: ParticipantSid, track: TrackSid) -> list[Event]:
        """Its media has started. Nothing when it was published already."""
        participant = self.participant(sid)
        publication = participant.publication(track)
        if publication.is_published:
            return []
        publication.publish()
        participant.touch()
        events: list[Event] = [TrackPublished(room=self.name, participant=participant.info(), track=publication.info())]
        if len(participant.published) == 1:
            events.append(RoomUpdated(room=self.info()))
        return events

    def note_track(self, sid: ParticipantSid, track: TrackSid) -> list[Event]:
        """Something of a published track is different for everybody."""
        participant = self.participant(sid)
        participant.touch()
        return [
            TrackUpdated(room=self.name, participant=participant.info(), track=participant.publication(track).info())
        ]

    def unpublish(self, sid: ParticipantSid, track: TrackSid, is_forced: bool = False) -> list[Event]:
        """Forgets the track; its subscriptions are removed first."""
        participant = self.participant(sid)
        publication = participant.publication(track)
        events: list[Event] = []
        for reader in self.participants.values():
            events += self.unsubscribed(reader.sid, sid, track)
            reader.subscriptions.forget(track)
        del participant.publications[track]
        if publication.is_published or is_forced:
            participant.touch()
            events.append(
                TrackUnpublished(
                    room=self.name,
                    participant=participant.info(),
                    track=publication.info(),
                    is_forced=is_forced,
                )
            )
        return events

    def mute(self, sid: ParticipantSid, track: TrackSid, is_muted: bool) -> list[Event]:
        participant = self.participant(sid)
        publication = participant.publication(track)
        if not publication.mute(is_muted) or not publication.is_published:
            return []
        participant.touch()
        return [TrackUpdated(room=self.name, participant=participant.info(), track=publication.info())]

    # subscriptions

    def receives(self, reader: Participant, publisher: Participant, publication: Publication) -> bool:
        """Whether `reader` is to be sent the publication."""
        return (
            publication.is_published
            and reader.sid != publisher.sid
            and reader.permission.can_subscribe
            and not publisher.permission.is_hidden
            and publisher.shows(publication.sid, reader)
            and reader.subscriptions.wants(publication.sid)
        )

    def published(self) -> Iterator[tuple[Participant, Publication]]:
        for participant in self.participants.values():
            for publication in participant.published:
                yield participant, publication

    def subscribed(self, reader: ParticipantSid, publisher: ParticipantSid, track: TrackSid) -> list[Event]:
        """`reader` now receives the track."""
        participant = self.participant(reader)
        if track in participant.subscriptions.active:
            return []
        is_first = not participant.permission.is_hidden and not any(
            track in each.subscriptions.active and not each.permission.is_hidden for each in self.participants.values()
        )
        participant.subscriptions.active.add(track)
        return [
            SubscriptionAdded(
                room=self.name,
                participant_sid=reader,
                publisher_sid=publisher,
                track_sid=track,
                is_first=is_first,
            )
        ]

    def unsubscribed(self, reader: ParticipantSid, publisher: ParticipantSid, track: TrackSid) -> list[Event]:
        """`reader` receives it no more; nothing when it did not."""
        active = self.participant(reader).subscriptions.active
        if track not in active:
            return []
        active.discard(track)
        return [SubscriptionRemoved(room=self.name, participant_sid=reader, publisher_sid=publisher, track_sid=track)]

    def show(self, sid: ParticipantSid, all_participants: bool, permissions: Sequence[TrackPermission]) -> list[Event]:
        """Who may see the tracks of `sid` from now on; tells those for whom that changes something."""
        publisher = self.participant(sid)
        others = [each for each in self.participants.values() if each.sid != sid]
        pairs = [(reader, each.sid) for reader in others for each in publisher.published]
        before = [publisher.shows(track, reader) for reader, track in pairs]
        publisher.show(all_participants, permissions)
        return [
            SubscriptionPermissionChanged(
                room=self.name,
                participant_sid=reader.sid,
                publisher_sid=sid,
                track_sid=track,
                is_allowed=not was_allowed,
            )
            for (reader, track), was_allowed in zip(pairs, before, strict=True)
            if publisher.shows(track, reader) != was_allowed
        ]
