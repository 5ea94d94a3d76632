"""A track as its publisher offers it to the room: announced, negotiated, then published when media flows."""

from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum

from sfu.errors import LocalProtocolError
from sfu.ids import ParticipantSid, TrackSid
from sfu.media import BackupInfo, Codec, TrackInfo, TrackRequest, codec_named


class PublicationState(StrEnum):
    ANNOUNCED = "announced"
    NEGOTIATED = "negotiated"
    PUBLISHED = "published"


@dataclass(slots=True)
class Backup:
    """The same track in a second codec, announced when somebody needed it."""

    request: TrackRequest
    codec: Codec | None = None
    mid: str = ""

    @property
    def is_negotiated(self) -> bool:
        return self.codec is not None


@dataclass(slots=True)
class Publication:
    sid: TrackSid
    participant_sid: ParticipantSid
    request: TrackRequest
    is_muted: bool = field(init=False)
    state: PublicationState = PublicationState.ANNOUNCED
    codec: Codec | None = None
    mid: str = ""
    is_simulcast: bool = False
    version: int = 1
    backup: Backup | None = None

    def __post_init__(self) -> None:
        self.is_muted = self.request.is_muted

    @property
    def is_published(self) -> bool:
        return self.state is PublicationState.PUBLISHED

    def negotiate(self, *, mid: str, codec: Codec, is_simulcast: bool) -> None:
        """Its media section is known. Again for an already negotiated one only changes nothing or is our bug."""
        if self.state is PublicationState.PUBLISHED:
            raise LocalProtocolError(f"{self.sid} is published already")
        self.mid, self.codec, self.is_simulcast = mid, codec, is_simulcast
        self.state = PublicationState.NEGOTIATED
        self.version += 1

    def publish(self) -> None:
        if self.state is not PublicationState.NEGOTIATED:
            raise LocalProtocolError(f"{self.sid} is {self.state}, not negotiated")
        self.state = PublicationState.PUBLISHED
        self.version += 1

    def elsewhere(self) -> "Publication":
        """As it is in another room, where it is not published yet."""
        moved = copy(self)
        if moved.state is PublicationState.PUBLISHED:
            moved.state = PublicationState.NEGOTIATED
        return moved

    # the second codec

    @property
    def backup_codec(self) -> Codec | None:
        """What it could be sent in beside its own codec."""
        codec = codec_named(self.request.backup_codec_name)
        return None if codec is self.codec else codec

    def extend(self, request: TrackRequest) -> None:
        """The client is about to send the second codec."""
        if self.backup is None or not self.backup.is_negotiated:
            self.backup = Backup(request)

    def negotiate_backup(self, *, mid: str, codec: Codec) -> None:
        if self.backup is None:
            raise LocalProtocolError(f"{self.sid} has no second codec")
        self.backup.mid, self.backup.codec = mid, codec
        self.version += 1

    def end_backup(self) -> None:
        """It is sent no more; it may be announced again."""
        if self.backup is not None:
            self.backup = None
            self.version += 1

    def is_backup_called(self, cid: str) -> bool:
        return bool(cid) and self.backup is not None and cid == self.backup.request.cid

    def mute(self, is_muted: bool) -> bool:
        """Whether that changed anything."""
        if self.is_muted == is_muted:
            return False
        self.is_muted = is_muted
        self.version += 1
        return True

    def is_called(self, cid: str) -> bool:
        return bool(cid) and (cid == self.request.cid or cid in self.request.other_cids)

    def info(self) -> TrackInfo:
        request = self.request
        return TrackInfo(
            sid=self.sid,
            participant_sid=self.participant_sid,
            cid=request.cid,
            kind=request.kind,
            source=request.source,
            name=request.name,
            width=request.width,
            height=request.height,
            layers=request.layers,
            is_muted=self.is_muted,
            is_simulcast=self.is_simulcast,
            stream=request.stream,
            codec=self.codec,
            mid=self.mid,
            version=self.version,
            passthrough=request.passthrough,
            is_encrypted=request.is_encrypted,
            backup_codec=self.backup_codec,
            backup=BackupInfo(
                cid=self.backup.request.cid,
                codec=self.backup.codec,
                mid=self.backup.mid,
                layers=self.backup.request.layers,
            )
            if self.backup
            else None,
        )
