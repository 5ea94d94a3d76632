"""A member of a room: one stay of one identity, with what it publishes and what it wants to receive.

Every change that others can see grows `version`; snapshots carry it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sfu.config import (
    JoinRequest,
    LeaveReason,
    ParticipantChange,
    ParticipantInfo,
    ParticipantState,
    Permission,
)
from sfu.errors import LimitExceededError, NotAllowedError, NotFoundError
from sfu.ids import Identity, ParticipantSid, RoomName, TrackSid
from sfu.media import Codec, TrackPermission, TrackRequest, codec_named
from sfu.publication import Publication, PublicationState
from sfu.subscription import Subscriptions

# LiveKit's bound on announced tracks that no offer has carried yet
MAX_PENDING_TRACKS = 20


@dataclass(slots=True)
class Participant:
    sid: ParticipantSid
    room: RoomName
    request: JoinRequest
    joined_at_ms: int
    name: str = field(init=False)
    metadata: str = field(init=False)
    attributes: dict[str, str] = field(init=False)
    permission: Permission = field(init=False)
    subscriptions: Subscriptions = field(init=False)
    state: ParticipantState = ParticipantState.JOINED
    version: int = 1
    leave_reason: LeaveReason | None = None
    publications: dict[TrackSid, Publication] = field(default_factory=dict)
    _shows_to_all: bool = True
    _shown: tuple[TrackPermission, ...] = ()

    def __post_init__(self) -> None:
        self.name = self.request.name
        self.metadata = self.request.metadata
        self.attributes = dict(self.request.attributes)
        self.permission = self.request.permission
        self.subscriptions = Subscriptions(
            auto_subscribe=self.request.auto_subscribe, is_adaptive=self.request.adaptive_stream
        )

    @property
    def identity(self) -> Identity:
        return self.request.identity

    @property
    def published(self) -> list[Publication]:
        return [each for each in self.publications.values() if each.is_published]

    def touch(self) -> None:
        self.version += 1

    def info(self) -> ParticipantInfo:
        return ParticipantInfo(
            sid=self.sid,
            identity=self.identity,
            name=self.name,
            room=self.room,
            state=self.state,
            metadata=self.metadata,
            attributes=dict(self.attributes),
            permission=self.permission,
            joined_at_ms=self.joined_at_ms,
            version=self.version,
            tracks=tuple(each.info() for each in self.published),
            leave_reason=self.leave_reason,
            passthrough=self.request.passthrough,
        )

    def change(self, change: ParticipantChange) -> bool:
        """Applies all but what follows from permissions; whether anything is different now."""
        before = (self.name, self.metadata, dict(self.attributes), self.permission)
        if change.name is not None:
            self.name = change.name
        if change.metadata is not None:
            self.metadata = change.metadata
        for key, value in (change.attributes or {}).items():
            if value:
                self.attributes[key] = value
            else:
                self.attributes.pop(key, None)
        if change.permission is not None:
            self.permission = change.permission
        is_changed = before != (self.name, self.metadata, self.attributes, self.permission)
        if is_changed:
            self.touch()
        return is_changed

    def elsewhere(self, room: RoomName) -> "Participant":
        """The same stay as it is in another room: its rights, what it says of itself and what it announced go along."""
        moved = Participant(self.sid, room, self.request, self.joined_at_ms, state=self.state, version=self.version)
        moved.name, moved.metadata, moved.attributes = self.name, self.metadata, dict(self.attributes)
        moved.permission = self.permission
        moved.publications = {sid: publication.elsewhere() for sid, publication in self.publications.items()}
        moved.show(self._shows_to_all, self._shown)
        return moved

    # publishing

    def announce(self, sid: TrackSid, request: TrackRequest) -> Publication:
        if not self.permission.may_publish(request.source):
            raise NotAllowedError(f"{self.identity} may not publish {request.source}")
        waiting = [each for each in self.publications.values() if each.state is PublicationState.ANNOUNCED]
        if len(waiting) >= MAX_PENDING_TRACKS:
            raise LimitExceededError("too many announced tracks wait for an offer")
        publication = Publication(sid, self.sid, request)
        self.publications[sid] = publication
        return publication

    def publication(self, sid: TrackSid) -> Publication:
        try:
            return self.publications[sid]
        except KeyError:
            raise NotFoundError(f"no track {sid}") from None

    def announced(self, cid: str, kind: str, taken: Collection[TrackSid] = ()) -> Publication | None:
        """The announced track a media section carries: by its client id, else the first of that kind.

        Browsers may change a track's id between announcement and offer. `taken` ones are passed over.
        """
        waiting = [
            each
            for each in self.publications.values()
            if each.state is PublicationState.ANNOUNCED and each.request.kind == kind and each.sid not in taken
        ]
        return next((each for each in waiting if each.is_called(cid)), waiting[0] if waiting else None)

    def extend(self, request: TrackRequest) -> Publication:
        """A second codec of a track that is there; NotFoundError, NotAllowedError."""
        if request.extends is None:
            raise NotFoundError("no track is named")
        publication = self.publication(request.extends)
        if publication.request.kind != request.kind or publication.backup_codec is None:
            raise NotAllowedError(f"{publication.sid} has one codec")
        publication.extend(request)
        return publication

    def backup_called(self, cid: str) -> Publication | None:
        """The track whose second codec is awaited under that client id."""
        waiting = (each for each in self.publications.values() if each.is_backup_called(cid))
        return next((each for each in waiting if each.backup and not each.backup.is_negotiated), None)

    def announced_codecs(self) -> dict[str, tuple[Codec, bool]]:
        """By client id what each track is meant to be sent in, and whether that is its second codec."""
        found: dict[str, tuple[Codec, bool]] = {}
        for publication in self.publications.values():
            codec = codec_named(publication.request.codec_name)
            if codec is not None:
                found |= {cid: (codec, False) for cid in (publication.request.cid, *publication.request.other_cids)}
            backup = publication.backup
            if backup is not None and publication.backup_codec is not None:
                found[backup.request.cid] = publication.backup_codec, True
        return found

    # who may see what

    def show(self, all_participants: bool, permissions: Sequence[TrackPermission]) -> None:
        self._shows_to_all = all_participants
        self._shown = tuple(permissions)

    def shows(self, track: TrackSid, reader: "Participant") -> bool:
        if self._shows_to_all or reader.permission.is_recorder:
            return True
        return any(
            permission.all_tracks or track in permission.track_sids
            for permission in self._shown
            if reader.sid == permission.participant_sid
            or (permission.identity and reader.identity == permission.identity)
        )
