"""A signal session: one client's signalling connection bound to one participant, without any I/O.

Rules: the JoinResponse (or `reconnect`) is its first message; Leave comes before a close on purpose; after the
Leave nothing is answered. Frames are decoded and encoded here; a frame that is no SignalRequest ends the session, and
only it.

    JOINING --joined, resumed--> OPEN --leave, refusal, garbage--> CLOSED
                                 OPEN --asked back--> AWAY
"""

from enum import StrEnum

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from livekit.protocol import rtc

from sfu.config import JoinResult, LeaveReason, Permission, PublisherAnswer
from sfu.errors import (
    LimitExceededError,
    LocalProtocolError,
    NegotiationError,
    NotAllowedError,
    NotFoundError,
    SfuError,
)
from sfu.ids import ParticipantSid, RoomName
from sfu.media import TrackInfo
from signaling.session import requests, snapshot, translate
from signaling.session.effects import AddTrack, Change, Effect, HangUp, Leave, Reply, TakeAnswer, TakeOffer
from signaling.session.ice_servers import IceServers
from signaling.session.rate import Rate

# each change of one participant is told to everybody in the room
CHANGES_PER_S = 5.0
CHANGES_AT_ONCE = 20.0
# protojson is read a hundred times more slowly than protobuf, and everybody waits meanwhile
TEXT_LIMIT = 128 * 1024

Action = rtc.LeaveRequest.Action
Reason = rtc.RequestResponse.Reason

_REFUSALS: tuple[tuple[type[SfuError], Reason], ...] = (
    (NotAllowedError, Reason.NOT_ALLOWED),
    (LimitExceededError, Reason.LIMIT_EXCEEDED),
    (NotFoundError, Reason.NOT_FOUND),
)


# the client did nothing wrong and finds a place when it joins again
_WORTH_ANOTHER_TRY = frozenset(
    {LeaveReason.SERVER_SHUTDOWN, LeaveReason.MEDIA_FAILURE, LeaveReason.CONNECTION_TIMEOUT, LeaveReason.STATE_MISMATCH}
)


class SessionState(StrEnum):
    """See the module's diagram."""

    JOINING = "joining"
    OPEN = "open"
    AWAY = "away"
    CLOSED = "closed"


class SignalSession:
    """One client. Methods return what is to be done, in order."""

    def __init__(self, node_sid: str, ice: IceServers | None = None) -> None:
        self._node_sid = node_sid
        self._ice = ice or IceServers()
        self.state = SessionState.JOINING
        self.is_text = False
        self.participant_sid = ParticipantSid("")
        self.room = RoomName("")
        self.permission = Permission()
        self._last_offer_id = 0
        self._changes = Rate(CHANGES_PER_S, CHANGES_AT_ONCE)

    def joined(self, result: JoinResult) -> list[Effect]:
        """The participant is in the room."""
        if self.state is not SessionState.JOINING:
            raise LocalProtocolError(f"joined while {self.state}")
        self.state = SessionState.OPEN
        self.participant_sid = result.participant.sid
        self.room = result.room.name
        self.permission = result.participant.permission
        return [Reply(response=snapshot.join(result, self._node_sid, self._ice))]

    def resumed(self, result: JoinResult, last_sequence: int) -> list[Effect]:
        """The participant is still in the room, and is told how the room is now."""
        self.joined(result)
        others = [other for other in result.others if snapshot.is_announced(other)]
        return [
            Reply(response=snapshot.resumed(self._node_sid, self._ice, last_sequence)),
            Reply(response=snapshot.participants(result.participant, *others)),
            Reply(response=snapshot.room_update(result.room)),
        ]

    def moved(self, result: JoinResult, token: str) -> list[Effect]:
        """The participant is in another room, and is told how it is there."""
        self.room = result.room.name
        return [Reply(response=snapshot.moved(result, token))]

    def replaced(self) -> None:
        """The client has come back on another socket: this one says nothing any more."""
        self.state = SessionState.CLOSED

    def handle_frame(self, frame: bytes | str, now: float) -> list[Effect]:
        """One message from the client. A text frame switches what we send to text for good."""
        if self.state is not SessionState.OPEN:
            return []
        try:
            request = decode(frame)
        except DecodeError:
            return self.end(LeaveReason.STATE_MISMATCH, Action.DISCONNECT)
        self.is_text = self.is_text or isinstance(frame, str)
        return self.handle(request, now)

    def handle(self, request: rtc.SignalRequest, now: float) -> list[Effect]:
        """One request of the client."""
        if self.state is not SessionState.OPEN:
            return []
        member = request.WhichOneof("message")
        if member is None:
            return []
        message = getattr(request, member)
        handler = requests.HANDLERS.get(member)
        if handler is None:
            return requests.unsupported(message)
        effects = [self._checked(effect, now) for effect in handler(message, self.permission, now)]
        if any(isinstance(effect, HangUp) for effect in effects):
            self.state = SessionState.CLOSED
        return effects

    def _checked(self, effect: Effect, now: float) -> Effect:
        match effect:
            case TakeAnswer(sdp=sdp, offer_id=0):
                # clients of the Rust family do not repeat the offer's id: they answer the newest
                return TakeAnswer(sdp=sdp, offer_id=self._last_offer_id)
            case Change(request_id=request_id) if not self._changes.admits(now):
                return requests.responded(request_id, Reason.LIMIT_EXCEEDED, "too many changes at once")
        return effect

    def end(self, reason: LeaveReason, action: Action) -> list[Effect]:
        """Send the client away, and its participant out of the room."""
        if self.state not in (SessionState.JOINING, SessionState.OPEN):
            return []
        is_in_room = self.state is SessionState.OPEN
        self.state = SessionState.CLOSED
        orders: list[Effect] = [Leave(reason=reason)] if is_in_room else []
        return [Reply(response=snapshot.leave(reason, action)), *orders, HangUp()]

    def ask_back(self, reason: LeaveReason) -> list[Effect]:
        """The client is to come again on another socket, as the same participant."""
        if self.state is not SessionState.OPEN:
            return []
        self.state = SessionState.AWAY
        return [Reply(response=snapshot.leave(reason, Action.RESUME)), HangUp()]

    def drop(self) -> list[Effect]:
        """As if the line had been cut."""
        if self.state is SessionState.OPEN:
            self.state = SessionState.AWAY
        return [HangUp()]

    def left(self, reason: LeaveReason) -> list[Effect]:
        """The participant's stay was ended by somebody else."""
        if self.state is not SessionState.OPEN:
            return []
        self.state = SessionState.CLOSED
        action = Action.RECONNECT if reason in _WORTH_ANOTHER_TRY else Action.DISCONNECT
        return [Reply(response=snapshot.leave(reason, action)), HangUp()]

    def offered(self, offer_id: int) -> None:
        """One of our offers is on its way to the client."""
        self._last_offer_id = offer_id

    def track_added(self, order: AddTrack, info: TrackInfo) -> Reply:
        """The track may be published under the sid in `info`."""
        published = rtc.TrackPublishedResponse(cid=order.request.cid, track=translate.track(info))
        return Reply(response=rtc.SignalResponse(track_published=published))

    def answered(self, order: TakeOffer, given: PublisherAnswer) -> Reply:
        """The answer to the client's offer, under the offer's id: another id would be thrown away."""
        answer = rtc.SessionDescription(
            type="answer", sdp=given.sdp, id=order.offer_id, mid_to_track_id=given.mid_to_track_id
        )
        return Reply(response=rtc.SignalResponse(answer=answer))

    def changed(self, order: Change) -> Reply:
        """The client's change of itself was applied."""
        return requests.responded(order.request_id, Reason.OK)

    def refused(self, order: Effect, error: SfuError) -> list[Effect]:
        """The media plane did not do it."""
        reason = next((wire for kind, wire in _REFUSALS if isinstance(error, kind)), Reason.UNCLASSIFIED_ERROR)
        match order:
            case AddTrack(message=message):
                return [requests.track_refused(message, reason, str(error))]
            case Change(request_id=request_id):
                return [requests.responded(request_id, reason, str(error))]
            case TakeOffer() if not isinstance(error, NotFoundError):
                is_passing = isinstance(error, NegotiationError)
                action = Action.RECONNECT if is_passing else Action.DISCONNECT
                return self.end(LeaveReason.MEDIA_FAILURE, action)
            case _:
                # a track that has just gone away, a stale answer: the client's next update says so
                return []


def decode(frame: bytes | str) -> rtc.SignalRequest:
    """The request in a frame; DecodeError when there is none. Members of newer clients are skipped."""
    if isinstance(frame, bytes):
        return rtc.SignalRequest.FromString(frame)
    if len(frame) > TEXT_LIMIT:
        raise DecodeError("a text frame too long")
    try:
        return json_format.Parse(frame, rtc.SignalRequest(), ignore_unknown_fields=True)
    except (json_format.ParseError, RecursionError, ValueError) as error:
        raise DecodeError(str(error)) from error
