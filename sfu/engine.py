"""The media plane as its user sees it: rooms, transports and the native data plane put together.

Everything that happens comes back through `events` in order; a handler is called on the event loop, must not
block, and may call the engine (what that causes is delivered after the present event). Unknown ids raise
`NotFoundError`; every error is an `sfu.errors.SfuError` with a stable `code`.
"""

from collections.abc import Callable, Sequence
from typing import Self

from sfu.config import (
    EngineConfig,
    JoinRequest,
    JoinResult,
    LeaveReason,
    ParticipantChange,
    ParticipantInfo,
    RoomInfo,
    RoomRequest,
)
from sfu.events import Event
from sfu.ids import Identity, ParticipantSid, RoomName, TrackSid
from sfu.media import DataKind, TrackInfo, TrackPermission, TrackRequest, TrackSetting

EventHandler = Callable[[Event], None]


class Engine:
    @classmethod
    async def create(cls, config: EngineConfig) -> Self:
        """Binds the UDP port and starts the media threads."""
        raise NotImplementedError

    async def close(self) -> None:
        """Everybody leaves (SERVER_SHUTDOWN); journals stay open-ended: a restarted node continues them."""
        raise NotImplementedError

    def events(self, handler: EventHandler) -> Callable[[], None]:
        """Hands every later event to `handler`; the returned function stops that."""
        raise NotImplementedError

    @property
    def local_port(self) -> int:
        """The UDP port in use."""
        raise NotImplementedError

    # rooms

    def create_room(self, request: RoomRequest) -> RoomInfo:
        """Creates the room, or applies what is given to the existing one (idempotent)."""
        raise NotImplementedError

    def delete_room(self, name: RoomName) -> None:
        """Everybody leaves (ROOM_DELETED), its journal is closed for good.

        A room that is not live but has an unfinished journal on disk gets that journal closed; no error.
        """
        raise NotImplementedError

    def rooms(self) -> tuple[RoomInfo, ...]:
        raise NotImplementedError

    def room(self, name: RoomName) -> RoomInfo:
        raise NotImplementedError

    def participants(self, room: RoomName) -> tuple[ParticipantInfo, ...]:
        """All in the room, hidden ones too, in order of joining."""
        raise NotImplementedError

    def participant(self, sid: ParticipantSid) -> ParticipantInfo:
        raise NotImplementedError

    def find_participant(self, room: RoomName, identity: Identity) -> ParticipantInfo:
        raise NotImplementedError

    def update_room_metadata(self, name: RoomName, metadata: str) -> RoomInfo:
        raise NotImplementedError

    # participants

    def join(self, room: RoomName, request: JoinRequest) -> JoinResult:
        """Enters at once. An earlier participant of the same identity has left (DUPLICATE_IDENTITY) before.

        The first `SubscriberOffer` never comes before `start` was called. LimitExceededError: room full.
        """
        raise NotImplementedError

    def start(self, sid: ParticipantSid) -> None:
        """Call once the newcomer has its JoinResponse: opens the subscriber transport and offers."""
        raise NotImplementedError

    def leave(self, sid: ParticipantSid, reason: LeaveReason) -> None:
        """Ends the stay; a sid that is already gone is no error."""
        raise NotImplementedError

    def remove_participant(self, room: RoomName, identity: Identity) -> None:
        """Ends the stay (PARTICIPANT_REMOVED)."""
        raise NotImplementedError

    def update_participant(self, sid: ParticipantSid, change: ParticipantChange) -> ParticipantInfo:
        """Applies the change without asking whether `sid` may: the front door has checked.

        Revoked permissions take effect: tracks are unpublished, subscriptions removed.
        """
        raise NotImplementedError

    # publishing

    def add_track(self, sid: ParticipantSid, request: TrackRequest) -> TrackInfo:
        """Announces a track of a later offer. NotAllowedError, LimitExceededError (20 pending)."""
        raise NotImplementedError

    async def publisher_offer(self, sid: ParticipantSid, sdp: str) -> str:
        """Takes the client's offer and gives the answer. SdpError: it cannot be used, nothing changed."""
        raise NotImplementedError

    def mute(self, sid: ParticipantSid, track_sid: TrackSid, is_muted: bool) -> TrackInfo:
        raise NotImplementedError

    def unpublish(self, sid: ParticipantSid, track_sid: TrackSid) -> None:
        """Takes a track away from its publisher (forced)."""
        raise NotImplementedError

    # subscribing

    def subscriber_answer(self, sid: ParticipantSid, sdp: str, offer_id: int) -> None:
        """Takes the answer to the offer of that id; a stale one is ignored. SdpError: cannot be used."""
        raise NotImplementedError

    def update_subscription(self, sid: ParticipantSid, tracks: Sequence[TrackSid], is_wanted: bool) -> None:
        """Tracks not (yet) known are remembered until they are published."""
        raise NotImplementedError

    def track_setting(self, sid: ParticipantSid, tracks: Sequence[TrackSid], setting: TrackSetting) -> None:
        raise NotImplementedError

    def subscription_permission(
        self, sid: ParticipantSid, all_participants: bool, permissions: Sequence[TrackPermission]
    ) -> None:
        """Who may see the tracks of `sid` from now on."""
        raise NotImplementedError

    # data

    def send(self, sid: ParticipantSid, kind: DataKind, payload: bytes) -> None:
        """To one participant; reliable data waits for its channel to open, other data is dropped then."""
        raise NotImplementedError

    # recording

    def start_recording(self, room: RoomName) -> None:
        """Opens a journal run; already recording is no error. UnsupportedError without a journal folder."""
        raise NotImplementedError

    def stop_recording(self, room: RoomName) -> None:
        """Closes the journal for good."""
        raise NotImplementedError

    def record_chat(self, sid: ParticipantSid, text: str) -> None:
        """Appends a chat line to the journal of a recorded room; no effect in another."""
        raise NotImplementedError
