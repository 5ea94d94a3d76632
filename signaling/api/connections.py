"""The open signal connections of this node, and how the media plane's events reach them.

Nothing here waits: a message goes into the connection's own queue. A client that does not read is cut off when its
queue is full, so that nobody else is held up and memory stays bounded.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterable

import structlog
from google.protobuf import json_format
from livekit.protocol import rtc

from sfu.config import JoinResult, LeaveReason
from sfu.engine import Engine
from sfu.errors import NotFoundError, SfuError
from sfu.events import (
    DataReceived,
    Event,
    ParticipantLeft,
    ParticipantUpdated,
    PathLost,
    PathSilent,
    RoomFinished,
    SubscriberOffer,
    TransportFailed,
)
from sfu.ids import ParticipantSid, RoomName
from sfu.media import DataKind
from signaling.api.bulletins import Bulletins
from signaling.protocol.tokens import Claims
from signaling.session import data, snapshot
from signaling.session.data import ChatReader
from signaling.session.effects import Effect, HangUp, Leave, Reply, Sync
from signaling.session.news import News, news
from signaling.session.replay import Replay, Said
from signaling.session.session import Action, SessionState, SignalSession

# a ten-publisher join is some dozens of messages; this is a client that has stopped reading
QUEUE_LIMIT = 2000
QUEUE_BYTES_LIMIT = 4 << 20
# one who takes nothing for so long while more than this waits has stopped: with what waits in its data channels
# (`sfu.transport.sctp`) it keeps less than 4 MiB of ours
STOPPED_BYTES_LIMIT = 2 << 20
STOPPED_S = 5.0
# what a message takes beside its bytes
MESSAGE_COST = 256
# clients ping every second (`signaling.session.snapshot`)
SIGNALS_WITHIN_S = 2.0

log = structlog.get_logger("signal")


# whose session began without a token
NOBODY = Claims()


class Frame:
    """A message to clients, encoded once for all of them, and kept as those bytes alone."""

    def __init__(self, response: rtc.SignalResponse) -> None:
        self._binary = response.SerializeToString()
        self._text: str | None = None

    @property
    def cost(self) -> int:
        """What keeping it takes. One that waits for several is kept once, and counted for each."""
        return MESSAGE_COST + len(self._binary)

    def binary(self) -> bytes:
        """As protobuf."""
        return self._binary

    def text(self) -> str:
        """As protojson."""
        if self._text is None:
            self._text = json_format.MessageToJson(rtc.SignalResponse.FromString(self._binary), indent=None)
        return self._text


class Connection:
    """A session and the queue of what its client is to be sent. None in the queue closes the socket."""

    def __init__(self, session: SignalSession, claims: Claims = NOBODY) -> None:
        self.session = session
        self.queue: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._queued_cost = 0
        # of the token that let it in
        self.claims = claims
        # the end of the newest one it was given
        self.token_ends_at = float(claims.expires_at)
        # when its client last said anything
        self.signalled_at = -math.inf
        self._is_closing = False
        self._taken = 0
        self._judgement: asyncio.TimerHandle | None = None

    def send(self, frame: Frame) -> None:
        """Queue a message; a full queue ends the connection, and what was in it gives way to the reason."""
        if self._is_closing:
            return
        if self.queue.qsize() >= QUEUE_LIMIT or self._is_heavy(frame):
            self._cut_off()
            return
        self._queued_cost += frame.cost
        self.queue.put_nowait(frame)
        self._watch()

    def _watch(self) -> None:
        if self._queued_cost > STOPPED_BYTES_LIMIT and self._judgement is None:
            self._judgement = asyncio.get_running_loop().call_later(STOPPED_S, self._judge, self._taken)

    def _judge(self, taken: int) -> None:
        self._judgement = None
        if self._queued_cost > STOPPED_BYTES_LIMIT and self._taken == taken and not self._is_closing:
            self._cut_off()
        else:
            self._watch()

    def _cut_off(self) -> None:
        log.warning("client does not read", participant=self.session.participant_sid, bytes=self._queued_cost)
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(Frame(snapshot.leave(LeaveReason.STATE_MISMATCH, Action.RECONNECT)))
        self.hang_up()

    def _is_heavy(self, frame: Frame) -> bool:
        return bool(self._queued_cost) and self._queued_cost + frame.cost > QUEUE_BYTES_LIMIT

    async def next(self) -> Frame | None:
        """What is to be sent next; None closes the socket."""
        frame = await self.queue.get()
        self._taken += 1
        self._queued_cost -= frame.cost if frame is not None and not self._is_closing else 0
        return frame

    def hang_up(self) -> None:
        """Close the socket when all that was queued is sent."""
        if not self._is_closing:
            self._is_closing = True
            self.queue.put_nowait(None)
            if self._judgement is not None:
                self._judgement.cancel()


class Connections:
    """All connections, by room and participant."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self._replays: dict[RoomName, Replay] = {}
        self._rooms: dict[RoomName, dict[ParticipantSid, Connection]] = {}
        self._chats: dict[RoomName, ChatReader] = {}
        self._bulletins = Bulletins(self._publish)

    def add(self, connection: Connection) -> None:
        """Events of its room reach it from now on."""
        session = connection.session
        self._rooms.setdefault(session.room, {})[session.participant_sid] = connection

    def remove(self, connection: Connection) -> None:
        """Events reach it no more."""
        session = connection.session
        members = self._rooms.get(session.room, {})
        if self.is_current(connection):
            del members[session.participant_sid]
        if not members:
            self._rooms.pop(session.room, None)

    def is_current(self, connection: Connection) -> bool:
        """Whether it still is the one of its participant."""
        session = connection.session
        return self._rooms.get(session.room, {}).get(session.participant_sid) is connection

    def resume(self, connection: Connection, result: JoinResult) -> None:
        """It takes the place of the participant's earlier connection, if that is still there."""
        room, sid = result.room.name, result.participant.sid
        earlier = self._rooms.get(room, {}).get(sid)
        if earlier is not None:
            earlier.session.replaced()
            earlier.hang_up()
        replay = self._replay(room)
        first, *rest = connection.session.resumed(result, replay.last_sequence(sid))
        departed = [Reply(response=each) for each in replay.departures(self._clock())]
        self.perform(connection, [first, *departed, *rest])
        self.add(connection)

    def move(self, connection: Connection, result: JoinResult, token: str) -> None:
        """Its participant is in another room: it is told so before anything that happens there."""
        self.remove(connection)
        self.perform(connection, connection.session.moved(result, token))
        self.add(connection)

    def replay_data(self, connection: Connection, order: Sync) -> None:
        """Send again what a resumed client has not got."""
        session = connection.session
        for payload in self._replay(session.room).missed(session.participant_sid, order.received, self._clock()):
            self._engine.send(session.participant_sid, DataKind.RELIABLE, payload)

    def _replay(self, room: RoomName) -> Replay:
        return self._replays.setdefault(room, Replay())

    def count(self) -> int:
        """How many there are."""
        return sum(len(members) for members in self._rooms.values())

    def find(self, room: RoomName, sid: ParticipantSid) -> Connection | None:
        """The connection of a participant, if it has one."""
        return self._rooms.get(room, {}).get(sid)

    def tell(self, room: RoomName, sid: ParticipantSid, response: rtc.SignalResponse) -> None:
        """Send one participant a message, if it is connected."""
        connection = self._rooms.get(room, {}).get(sid)
        if connection is not None:
            connection.send(Frame(response))

    def tell_room(self, room: RoomName, response: rtc.SignalResponse) -> None:
        """Send everybody in a room a message."""
        self._publish(News(room=room, response=response))

    def handle_event(self, event: Event) -> None:
        """The media plane's handler."""
        match event:
            case DataReceived():
                self._relay(event)
            case TransportFailed():
                self._end(event.room, event.participant_sid, LeaveReason.MEDIA_FAILURE)
            case PathLost() | PathSilent():
                self._ask_back(event)
            case ParticipantUpdated():
                self._note_permission(event)
            case SubscriberOffer():
                self._note_offer(event)
            case ParticipantLeft():
                self._departed(event)
            case RoomFinished():
                self._chats.pop(event.room.name, None)
                self._replays.pop(event.room.name, None)
                self._bulletins.close(event.room.name)
        for one in news(event):
            if not self._bulletins.takes(event, one):
                self._publish(one)

    def _publish(self, one: News) -> None:
        frame = Frame(one.response)
        for connection in self._audience(one):
            connection.send(frame)

    def _audience(self, one: News) -> Iterable[Connection]:
        if one.room is None and one.only is not None:
            return self._wherever(one.only)
        members = self._rooms.get(one.room, {}) if one.room else {}
        if one.only is not None:
            return [members[one.only]] if one.only in members else []
        return [connection for sid, connection in members.items() if sid != one.but]

    def _wherever(self, sid: ParticipantSid) -> list[Connection]:
        return [members[sid] for members in self._rooms.values() if sid in members]

    def _note_permission(self, event: ParticipantUpdated) -> None:
        connection = self._rooms.get(event.room, {}).get(event.participant.sid)
        if connection is not None:
            connection.session.permission = event.participant.permission

    def _note_offer(self, event: SubscriberOffer) -> None:
        for connection in self._wherever(event.participant_sid):
            connection.session.offered(event.offer_id)

    def _departed(self, event: ParticipantLeft) -> None:
        for one in news(event):
            self._replay(event.room).depart(event.participant.sid, one.response, self._clock())
        if event.reason is LeaveReason.MIGRATION:
            # it has the same connection in another room
            return
        connection = self._rooms.get(event.room, {}).get(event.participant.sid)
        if connection is not None:
            self.perform(connection, connection.session.left(event.reason))
            connection.hang_up()
            self.remove(connection)

    def _ask_back(self, event: PathLost | PathSilent) -> None:
        """Its client is to look for a path. One that is silent on its socket, too, may yet be back by the old one."""
        connection = self.find(event.room, event.participant_sid)
        if connection is None or connection.session.state is not SessionState.OPEN:
            return
        if isinstance(event, PathLost) or self._clock() - connection.signalled_at < SIGNALS_WITHIN_S:
            log.info(type(event).__name__, room=event.room, participant=event.participant_sid)
            self.perform(connection, connection.session.ask_back(LeaveReason.CONNECTION_TIMEOUT))

    def _end(self, room: RoomName, sid: ParticipantSid, reason: LeaveReason) -> None:
        connection = self._rooms.get(room, {}).get(sid)
        if connection is None:
            self._engine.leave(sid, reason)
            return
        self.perform(connection, connection.session.end(reason, Action.RECONNECT))

    def perform(self, connection: Connection, effects: list[Effect]) -> None:
        """Execute effects that need no waiting."""
        for effect in effects:
            match effect:
                case Reply(response=response):
                    connection.send(Frame(response))
                case Leave(reason=reason):
                    self._engine.leave(connection.session.participant_sid, reason)
                case HangUp():
                    connection.hang_up()

    def _relay(self, event: DataReceived) -> None:
        packet = data.read(event.payload)
        if packet is None:
            return
        try:
            sender = self._engine.participant(event.participant_sid)
            routed = data.route(packet, event.kind, sender, self._engine.participants(event.room))
        except SfuError:
            # it left between sending and now
            return
        self._bulletins.hurry(event.room, sender.identity)
        replay = self._replay(event.room)
        sequence = packet.sequence if event.kind is DataKind.RELIABLE else 0
        if routed is None or not replay.admits(sender.sid, sequence):
            return
        if not sender.permission.is_hidden:
            # receivers know a sender by its sid, and a hidden one shows none
            said = Said(
                sender=sender.sid,
                sequence=sequence,
                payload=routed.payload,
                recipients=frozenset(routed.recipients),
            )
            replay.keep(said, self._clock())
        for sid in routed.recipients:
            self._send_data(sid, event, routed.payload)
        line = self._chats.setdefault(event.room, ChatReader()).read(routed.packet)
        if line is not None:
            with contextlib.suppress(NotFoundError):
                self._engine.record_chat(event.participant_sid, line)

    def _send_data(self, sid: ParticipantSid, event: DataReceived, payload: bytes) -> None:
        try:
            self._engine.send(sid, event.kind, payload)
        except SfuError as error:
            log.info("data not sent", participant=sid, reason=error.code)
