"""Options of the media plane and the values with which rooms and participants begin. Times in seconds."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sfu.ids import Identity, ParticipantSid, RoomName, RoomSid
from sfu.media import Codec, Kind, Source, TrackInfo

# LiveKit's own defaults, which its clients and tests expect
EMPTY_TIMEOUT_S = 300
DEPARTURE_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """`bind` is the one UDP address, `addresses` the IPs written into the SDP as host candidates. Peers may also come
    to `tcp_port` of the same host (0: any free one; None: they may not).

    `journal_folder` is where recorded rooms are appended; None forbids recording.
    """

    bind: str = "0.0.0.0:7882"
    tcp_port: int | None = None
    addresses: tuple[str, ...] = ("127.0.0.1",)
    journal_folder: Path | None = None
    threads: int = 1
    join_timeout_s: float = 60.0
    handshake_timeout_s: float = 30.0
    negotiation_timeout_s: float = 15.0
    offer_debounce_s: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRequest:
    """How a room is to be. None or "" leaves the default, or an existing room's value, alone."""

    name: RoomName
    metadata: str = ""
    empty_timeout_s: int | None = None
    departure_timeout_s: int | None = None
    max_participants: int | None = None
    auto_record: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomInfo:
    sid: RoomSid
    name: RoomName
    metadata: str
    empty_timeout_s: int
    departure_timeout_s: int
    max_participants: int
    created_at_ms: int
    num_participants: int
    num_publishers: int
    auto_record: bool
    is_recording: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What a participant may do. `can_publish_sources` empty = every source."""

    can_subscribe: bool = True
    can_publish: bool = True
    can_publish_data: bool = True
    can_publish_sources: frozenset[Source] = frozenset()
    can_update_metadata: bool = False
    is_hidden: bool = False
    is_recorder: bool = False
    is_agent: bool = False
    can_subscribe_metrics: bool = False

    @property
    def takes_a_place(self) -> bool:
        """Recorders and agents come on account of others and do not count against a room's limit."""
        return not (self.is_recorder or self.is_agent)

    def may_publish(self, source: Source) -> bool:
        return self.can_publish and (not self.can_publish_sources or source in self.can_publish_sources)


class ParticipantState(StrEnum):
    JOINED = "joined"
    ACTIVE = "active"
    LEFT = "left"


class LeaveReason(StrEnum):
    """Why a participant left, or a room ended (the names are LiveKit's DisconnectReason)."""

    UNKNOWN = "unknown_reason"
    CLIENT_INITIATED = "client_initiated"
    DUPLICATE_IDENTITY = "duplicate_identity"
    SERVER_SHUTDOWN = "server_shutdown"
    PARTICIPANT_REMOVED = "participant_removed"
    ROOM_DELETED = "room_deleted"
    STATE_MISMATCH = "state_mismatch"
    JOIN_FAILURE = "join_failure"
    SIGNAL_CLOSE = "signal_close"
    ROOM_CLOSED = "room_closed"
    CONNECTION_TIMEOUT = "connection_timeout"
    MEDIA_FAILURE = "media_failure"
    # it is in another room now
    MIGRATION = "migration"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRequest:
    """Who comes in and with which rights. `room` configures the room if this join creates it.

    `has_single_transport`: one transport carries both directions and the client makes all the offers.
    `can_move`: the client understands that it is in another room. `has_signalling`: it can be told things while it
    stays, and says when it leaves or falls silent on that way, too. `passthrough` is opaque here, kept for the front
    door (client info, capabilities).
    """

    identity: Identity
    name: str = ""
    metadata: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    permission: Permission = field(default_factory=Permission)
    auto_subscribe: bool = True
    adaptive_stream: bool = False
    can_reuse_sections: bool = True
    has_single_transport: bool = False
    can_move: bool = False
    has_signalling: bool = True
    room: RoomRequest | None = None
    passthrough: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantInfo:
    """A participant as others see it; `tracks` are the published ones. Each change grows `version`."""

    sid: ParticipantSid
    identity: Identity
    name: str
    room: RoomName
    state: ParticipantState
    metadata: str
    attributes: dict[str, str]
    permission: Permission
    joined_at_ms: int
    version: int
    tracks: tuple[TrackInfo, ...]
    leave_reason: LeaveReason | None
    passthrough: bytes

    @property
    def is_publisher(self) -> bool:
        return bool(self.tracks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantChange:
    """None leaves a field alone; an attribute set to "" is deleted."""

    name: str | None = None
    metadata: str | None = None
    attributes: dict[str, str] | None = None
    permission: Permission | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinResult:
    """What the newcomer is told first. `others` are the visible participants, without itself."""

    room: RoomInfo
    participant: ParticipantInfo
    others: tuple[ParticipantInfo, ...]
    is_subscriber_primary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherAnswer:
    """`mid_to_track_id`: what comes down in which section, where one transport carries both directions."""

    sdp: str
    mid_to_track_id: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerAnswer:
    """What a player that offers once can be shown: how many tracks of each kind at a time, in which codecs."""

    sdp: str
    slots: dict[Kind, int]
    codecs: frozenset[Codec]
