"""What happened in the media plane: frozen values in the past tense, ids and snapshots, never live objects.

Every event that changes what others see of a participant carries its newest `participant` snapshot.
"""

from dataclasses import dataclass

from sfu.config import LeaveReason, ParticipantInfo, RoomInfo
from sfu.ids import Identity, ParticipantSid, RoomName, TrackSid
from sfu.media import DataKind, MeasuredQuality, Quality, TrackInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomStarted:
    room: RoomInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomUpdated:
    """Metadata, counts or the recording state changed."""

    room: RoomInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomFinished:
    room: RoomInfo
    reason: LeaveReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantJoined:
    room: RoomName
    participant: ParticipantInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantActive:
    """The primary transport is connected."""

    room: RoomName
    participant: ParticipantInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantUpdated:
    """Name, metadata, attributes or permission changed. `was_hidden`: nobody else knew of it before."""

    room: RoomName
    participant: ParticipantInfo
    was_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantLeft:
    """The stay is over: close its socket after telling it why, tell the others."""

    room: RoomName
    participant: ParticipantInfo
    reason: LeaveReason


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPublished:
    """Its first media packet has arrived."""

    room: RoomName
    participant: ParticipantInfo
    track: TrackInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackUpdated:
    """Muted, unmuted, or its features changed."""

    room: RoomName
    participant: ParticipantInfo
    track: TrackInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackUnpublished:
    """`is_forced`: the server took it away (permission revoked); tell the publisher too."""

    room: RoomName
    participant: ParticipantInfo
    track: TrackInfo
    is_forced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionAdded:
    """`participant_sid` now receives the track. `is_first`: nobody did before (tell the publisher)."""

    room: RoomName
    participant_sid: ParticipantSid
    publisher_sid: ParticipantSid
    track_sid: TrackSid
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRemoved:
    room: RoomName
    participant_sid: ParticipantSid
    publisher_sid: ParticipantSid
    track_sid: TrackSid


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPermissionChanged:
    """A publisher began or ceased to let `participant_sid` see a track."""

    room: RoomName
    participant_sid: ParticipantSid
    publisher_sid: ParticipantSid
    track_sid: TrackSid
    is_allowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberOffer:
    """Send this offer and bring the answer back with the same `offer_id`."""

    room: RoomName
    participant_sid: ParticipantSid
    offer_id: int
    sdp: str
    mid_to_track_id: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionsNeeded:
    """The client, which makes the offers itself, is to offer again with so many more sections to receive in."""

    room: RoomName
    participant_sid: ParticipantSid
    audios: int
    videos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribedQualityChanged:
    """The best anybody wants now of a video with layers or a second codec; OFF: nobody wants it. For its publisher
    alone.

    `codec_name` is the publisher's own name of the codec: another one would make it publish the track once more.
    """

    room: RoomName
    participant_sid: ParticipantSid
    track_sid: TrackSid
    codec_name: str
    quality: Quality
    # name and quality of the second codec, when it has one
    backup: tuple[str, Quality] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """`is_paused`: the path to the subscriber has no room for the track now."""

    publisher_sid: ParticipantSid
    track_sid: TrackSid
    is_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatesChanged:
    """Videos on their way to `participant_sid` were paused for want of room, or came back."""

    room: RoomName
    participant_sid: ParticipantSid
    states: tuple[StreamState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReceived:
    """A message from a participant who may publish data; what it means is the front door's to read."""

    room: RoomName
    participant_sid: ParticipantSid
    kind: DataKind
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """`level` 0..1 in eighths; not active = has just stopped."""

    participant_sid: ParticipantSid
    level: float
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakersChanged:
    """Only those who changed, loudest first. `only_to`: a newcomer who is told all who speak; None: everybody."""

    room: RoomName
    speakers: tuple[Speaker, ...]
    only_to: ParticipantSid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionQualityChanged:
    """How good the connections of itself and of those it receives are now, where `participant_sid` was told
    otherwise or nothing yet. For it alone.
    """

    room: RoomName
    participant_sid: ParticipantSid
    qualities: tuple[tuple[ParticipantSid, MeasuredQuality], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingChanged:
    room: RoomInfo
    is_recording: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceProven:
    """Session media reached the participant, or came from it, in these half-open spans of Unix seconds."""

    room: RoomName
    identity: Identity
    participant_sid: ParticipantSid
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLost:
    """Nothing has come over a transport for so long that nothing may be sent to it. `role`: publisher | subscriber.

    The transport is whole: an ICE restart brings it back. A stay of which nothing is heard ends by itself.
    """

    room: RoomName
    participant_sid: ParticipantSid
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSilent:
    """Much longer than usual nothing has come over any transport; told every second until something comes.

    If the participant still signals, only its media's path is gone, and it can be asked to look for another one.
    """

    room: RoomName
    participant_sid: ParticipantSid


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportFailed:
    """A transport is gone (closed by the peer, handshake or negotiation timed out). `role`: publisher | subscriber.

    The participant is still in the room: the front door tells it to reconnect and then calls `leave`.
    """

    room: RoomName
    participant_sid: ParticipantSid
    role: str
    reason: str


Event = (
    RoomStarted
    | RoomUpdated
    | RoomFinished
    | ParticipantJoined
    | ParticipantActive
    | ParticipantUpdated
    | ParticipantLeft
    | TrackPublished
    | TrackUpdated
    | TrackUnpublished
    | SubscriptionAdded
    | SubscriptionRemoved
    | SubscriptionPermissionChanged
    | SubscriberOffer
    | SectionsNeeded
    | SubscribedQualityChanged
    | StreamStatesChanged
    | DataReceived
    | SpeakersChanged
    | ConnectionQualityChanged
    | RecordingChanged
    | PresenceProven
    | PathLost
    | PathSilent
    | TransportFailed
)
