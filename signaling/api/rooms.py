"""RoomService: the server API of rooms and participants, for the LMS and for LiveKit's own server libraries.

A grant of roomAdmin is worth something in its own room only.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from livekit.protocol import models, rtc
from livekit.protocol import room as messages

from sfu.config import ParticipantChange, ParticipantInfo
from sfu.engine import Engine
from sfu.errors import NotFoundError, SfuError
from sfu.ids import Identity, RoomName, TrackSid
from sfu.media import DataKind
from signaling.api.connections import Connections
from signaling.api.removal_file import RemovalFile
from signaling.api.renewal import Renewal
from signaling.api.twirp import Method, TwirpError
from signaling.protocol.naming import is_name
from signaling.protocol.tokens import Claims
from signaling.session import data, requests, translate
from signaling.session.admission import room_request
from signaling.session.removals import Removal, removal

SERVICE = "livekit.RoomService"
REVOKED_AHEAD_MAX_S = 24 * 3600


def may_create(claims: Claims, message: Any) -> bool:
    """Creating and deleting any room."""
    return claims.grant.room_create is True


def may_list(claims: Claims, message: Any) -> bool:
    """Seeing which rooms there are."""
    return claims.grant.room_list is True


def may_administer(claims: Claims, message: Any) -> bool:
    """Everything in the one room the token names."""
    return claims.grant.room_admin is True and bool(message.room) and claims.grant.room == message.room


def may_send_on(claims: Claims, message: Any) -> bool:
    """Administering one room, and sending people into the other one the token names."""
    is_there = bool(message.destination_room) and claims.grant.destination_room == message.destination_room
    return may_administer(claims, message) and is_there


@dataclass(frozen=True, slots=True)
class RoomService:
    """The calls. Each takes a request message and returns the answer, or raises."""

    engine: Engine
    connections: Connections
    removed: RemovalFile
    renewal: Renewal
    clock: Callable[[], float]

    def methods(self) -> Mapping[str, Method]:
        """The service's table."""
        table: dict[str, tuple[type[Any], Callable[[Claims, Any], bool], Callable[[Any], Any]]] = {
            "CreateRoom": (messages.CreateRoomRequest, may_create, self.create_room),
            "ListRooms": (messages.ListRoomsRequest, may_list, self.list_rooms),
            "DeleteRoom": (messages.DeleteRoomRequest, may_create, self.delete_room),
            "ListParticipants": (messages.ListParticipantsRequest, may_administer, self.list_participants),
            "GetParticipant": (messages.RoomParticipantIdentity, may_administer, self.get_participant),
            "RemoveParticipant": (messages.RoomParticipantIdentity, may_administer, self.remove_participant),
            "MutePublishedTrack": (messages.MuteRoomTrackRequest, may_administer, self.mute_published_track),
            "UpdateParticipant": (messages.UpdateParticipantRequest, may_administer, self.update_participant),
            "UpdateSubscriptions": (messages.UpdateSubscriptionsRequest, may_administer, self.update_subscriptions),
            "SendData": (messages.SendDataRequest, may_administer, self.send_data),
            "UpdateRoomMetadata": (messages.UpdateRoomMetadataRequest, may_administer, self.update_room_metadata),
            "ForwardParticipant": (messages.ForwardParticipantRequest, may_send_on, _forward_participant),
            "MoveParticipant": (messages.MoveParticipantRequest, may_send_on, self.move_participant),
            "PerformRpc": (messages.PerformRpcRequest, may_administer, _unimplemented),
        }
        return {name: Method(takes=takes, check=check, call=call) for name, (takes, check, call) in table.items()}

    def create_room(self, message: messages.CreateRoomRequest) -> models.Room:
        """Create a room, or set up the one that exists."""
        if not is_name(message.name):
            raise TwirpError("invalid_argument", "name is empty, over-long or unprintable")
        _check_sizes(metadata=message.metadata)
        return translate.room(self.engine.create_room(room_request(message, RoomName(message.name))))

    def list_rooms(self, message: messages.ListRoomsRequest) -> messages.ListRoomsResponse:
        """All rooms, or those named."""
        rooms = [room for room in self.engine.rooms() if not message.names or room.name in message.names]
        return messages.ListRoomsResponse(rooms=[translate.room(room) for room in rooms])

    def delete_room(self, message: messages.DeleteRoomRequest) -> messages.DeleteRoomResponse:
        """Everybody leaves; a recording ends. A room that is not there is no error: it may have ended by itself."""
        if not is_name(message.room):
            raise TwirpError("invalid_argument", "room is empty, over-long or unprintable")
        with contextlib.suppress(NotFoundError):
            self.engine.delete_room(RoomName(message.room))
        return messages.DeleteRoomResponse()

    def list_participants(self, message: messages.ListParticipantsRequest) -> messages.ListParticipantsResponse:
        """All in the room."""
        found = self.engine.participants(RoomName(message.room))
        return messages.ListParticipantsResponse(participants=[translate.participant(one) for one in found])

    def get_participant(self, message: messages.RoomParticipantIdentity) -> models.ParticipantInfo:
        """One in the room."""
        return translate.participant(self._find(message.room, message.identity))

    async def remove_participant(self, message: messages.RoomParticipantIdentity) -> messages.RemoveParticipantResponse:
        """Send one away for good. Who is not here at the moment is kept out just as well, and said to be missing."""
        if not is_name(message.identity):
            raise TwirpError("invalid_argument", "identity is empty, over-long or unprintable")
        if message.revoke_token_ts > self.clock() + REVOKED_AHEAD_MAX_S:
            raise TwirpError("invalid_argument", "revoke_token_ts is unix seconds and not of a far future")
        removed = self._removal(message)
        # the door is shut before the stay ends, or its client would be back at once
        self.removed.removals.add(removed)
        try:
            self.engine.remove_participant(RoomName(message.room), Identity(message.identity))
        finally:
            await self.removed.keep(removed)
        return messages.RemoveParticipantResponse()

    def _removal(self, message: messages.RoomParticipantIdentity) -> Removal:
        connection = None
        with contextlib.suppress(NotFoundError):
            who = self._find(message.room, message.identity)
            connection = self.connections.find(who.room, who.sid)
        return removal(
            message.room,
            message.identity,
            self.clock(),
            revoked_until=max(message.revoke_token_ts, connection.claims.issued_at if connection else 0),
            token_ends_at=connection.token_ends_at if connection else 0,
        )

    def move_participant(self, message: messages.MoveParticipantRequest) -> messages.MoveParticipantResponse:
        """Somebody is in another room, with the connection and the tracks it has."""
        if message.room == message.destination_room:
            raise TwirpError("invalid_argument", "the participant is in that room")
        who = self._find(message.room, message.identity)
        connection = self.connections.find(who.room, who.sid)
        if connection is None:
            raise TwirpError("failed_precondition", f"{who.identity} is not signalled for by a client that can move")
        result = self.engine.move_participant(who.room, who.identity, RoomName(message.destination_room))
        self.connections.move(connection, result, self.renewal.token(connection, result.participant))
        return messages.MoveParticipantResponse()

    def mute_published_track(self, message: messages.MuteRoomTrackRequest) -> messages.MuteRoomTrackResponse:
        """Mute a track. Nobody's microphone is opened from afar."""
        if not message.muted:
            raise TwirpError("failed_precondition", "remote unmute is not allowed")
        who = self._find(message.room, message.identity)
        track = self.engine.mute(who.sid, TrackSid(message.track_sid), True)
        order = rtc.SignalResponse(mute=rtc.MuteTrackRequest(sid=track.sid, muted=True))
        self.connections.tell(who.room, who.sid, order)
        return messages.MuteRoomTrackResponse(track=translate.track(track))

    def update_participant(self, message: messages.UpdateParticipantRequest) -> models.ParticipantInfo:
        """Change what is given of a participant."""
        attributes = dict(message.attributes)
        _check_sizes(name=message.name, metadata=message.metadata, attributes=attributes)
        has_permission = message.HasField("permission")
        change = ParticipantChange(
            name=message.name or None,
            metadata=message.metadata or None,
            attributes=attributes or None,
            permission=translate.permission_read(message.permission) if has_permission else None,
        )
        who = self._find(message.room, message.identity)
        return translate.participant(self.engine.update_participant(who.sid, change))

    def update_subscriptions(
        self, message: messages.UpdateSubscriptionsRequest
    ) -> messages.UpdateSubscriptionsResponse:
        """Subscribe somebody to tracks, or take them away."""
        who = self._find(message.room, message.identity)
        self.engine.update_subscription(who.sid, requests.subscribed_tracks(message), message.subscribe)
        return messages.UpdateSubscriptionsResponse()

    def send_data(self, message: messages.SendDataRequest) -> messages.SendDataResponse:
        """Data to all or some in the room."""
        if len(message.data) > data.PACKET_BYTES_LIMIT - 1024:
            raise TwirpError("invalid_argument", "data is too long")
        is_lossy = message.kind == models.DataPacket.Kind.LOSSY
        packet = data.from_server(
            data=message.data,
            topic=message.topic,
            is_lossy=is_lossy,
            identities=message.destination_identities,
            sids=message.destination_sids,
        )
        payload = packet.SerializeToString()
        everybody = self.engine.participants(RoomName(message.room))
        for who in _addressed(everybody, message.destination_identities, message.destination_sids):
            self._send(who, DataKind.LOSSY if is_lossy else DataKind.RELIABLE, payload)
        return messages.SendDataResponse()

    def update_room_metadata(self, message: messages.UpdateRoomMetadataRequest) -> models.Room:
        """Change what the room says of itself."""
        _check_sizes(metadata=message.metadata)
        return translate.room(self.engine.update_room_metadata(RoomName(message.room), message.metadata))

    def _find(self, room: str, identity: str) -> ParticipantInfo:
        return self.engine.find_participant(RoomName(room), Identity(identity))

    def _send(self, who: ParticipantInfo, kind: DataKind, payload: bytes) -> None:
        try:
            self.engine.send(who.sid, kind, payload)
        except SfuError:
            # it left a moment ago; the others still get theirs
            return


def _addressed(
    everybody: Iterable[ParticipantInfo], identities: Iterable[str], sids: Iterable[str]
) -> list[ParticipantInfo]:
    wanted, wanted_sids = set(identities), set(sids)
    is_for_all = not wanted and not wanted_sids
    return [who for who in everybody if is_for_all or who.identity in wanted or who.sid in wanted_sids]


def _check_sizes(
    *, name: str | None = None, metadata: str | None = None, attributes: dict[str, str] | None = None
) -> None:
    refusal = requests.change_refusal(name=name, metadata=metadata, attributes=attributes)
    if refusal:
        raise TwirpError("invalid_argument", refusal)


def _forward_participant(message: Any) -> Any:
    raise TwirpError("unimplemented", "a participant is in one room at a time: MoveParticipant is served")


def _unimplemented(message: Any) -> Any:
    raise TwirpError("unimplemented", "not served here")
