"""The signal connection: WebSocket in front of a SignalSession. Receives, hands over, executes what comes back.

`/rtc` is protocol v0, two peer connections; `/rtc/v1` is v1, a single one. Their `/validate` tells a client why its
socket was refused and is never a bare 404 (they would try for ever).
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from aiohttp import WSMsgType, web
from livekit.protocol import rtc

from sfu.config import JoinResult, LeaveReason
from sfu.engine import Engine
from sfu.errors import NotFoundError, SfuError
from signaling.api.access import Doorkeeper
from signaling.api.capacity import Capacity
from signaling.api.connections import Connection, Connections, Frame
from signaling.api.renewal import Renewal
from signaling.api.simulation import Simulator
from signaling.protocol import tokens
from signaling.protocol.turn import TurnSettings
from signaling.session import snapshot
from signaling.session.admission import Admission, Refusal, admit
from signaling.session.effects import (
    AddTrack,
    Change,
    Effect,
    Mute,
    PermitSubscribers,
    SetTracks,
    Subscribe,
    Sync,
    TakeAnswer,
    TakeOffer,
)
from signaling.session.ice_servers import ice_servers
from signaling.session.rate import Rate
from signaling.session.removals import Removals
from signaling.session.session import Action, SessionState, SignalSession
from signaling.session.simulation import Simulate

MESSAGE_BYTES_LIMIT = 1024 * 1024
# with aiohttp's wait of half of that for the answer a dead line is noticed within 15 s
HEARTBEAT_S = 10.0
CLOSE_TIMEOUT_S = 2.0
NEGOTIATION_TIMEOUT_S = 15.0
# a join is some fifty messages; above this a client is read more slowly, and nobody else is
MESSAGES_PER_S = 200.0
TOKEN_REFRESH_S = 300.0

log = structlog.get_logger("signal")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalDoor:
    """Everything a signal connection needs of the node."""

    engine: Engine
    connections: Connections
    doorkeeper: Doorkeeper
    joins: Rate
    capacity: Capacity
    removals: Removals
    renewal: Renewal
    simulator: Simulator | None  # None: clients may not ask for faults
    node_sid: str
    turn: TurnSettings | None
    clock: Callable[[], float]

    def admission(self, request: web.Request) -> tuple[Admission, tokens.Claims]:
        """Who wants in; Refusal or TokenError if it may not."""
        claims = self.doorkeeper.claims(request, needs_identity=True)
        user_agent = request.headers.get("User-Agent", "")
        admission = admit(claims, request.query, user_agent, needs_request="/rtc/v1" in request.path)
        if self._is_removed(admission, claims):
            raise Refusal(403, "removed from this room: only a token issued after the removal opens the door")
        if not self.engine.has_place(admission.room, admission.request):
            # a status, because clients show its text; a Leave they report as a lost connection
            raise Refusal(403, f"room {admission.room} is full")
        refusal = self.capacity.refusal(self.connections.count())
        if refusal and not admission.is_resume:
            raise Refusal(503, refusal)
        return admission, claims

    def _is_removed(self, admission: Admission, claims: tokens.Claims) -> bool:
        identity = admission.request.identity
        return self.removals.bars(admission.room, identity, claims.issued_at, self.clock())

    async def validate(self, request: web.Request) -> web.Response:
        """Why a socket was, or would be, refused."""
        try:
            self.admission(request)
        except (Refusal, tokens.TokenError) as error:
            return _refused(error)
        return web.Response(text="success")

    async def rtc(self, request: web.Request) -> web.StreamResponse:
        """A client's whole stay."""
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, max_msg_size=MESSAGE_BYTES_LIMIT, timeout=CLOSE_TIMEOUT_S, compress=False
        )
        if not socket.can_prepare(request).ok:
            return web.Response(status=404, text="a WebSocket is expected here")
        try:
            admission, claims = self.admission(request)
        except (Refusal, tokens.TokenError) as error:
            return _refused(error)
        if not self.joins.admits(self.clock()):
            return web.Response(status=503, text="too many joins at once", headers={"Retry-After": "1"})
        await socket.prepare(request)
        if self._is_removed(admission, claims):
            # sent away while the socket was being opened
            await _dismiss(socket, snapshot.leave(LeaveReason.PARTICIPANT_REMOVED, Action.DISCONNECT))
            return socket
        try:
            if admission.is_resume:
                identity = admission.request.identity
                result = self.engine.resume(admission.room, identity, admission.resumed_sid)
            else:
                result = self.engine.join(admission.room, admission.request)
        except NotFoundError:
            await _dismiss(socket, snapshot.unknown_session())
            return socket
        except SfuError as error:
            log.info("join refused", room=admission.room, reason=error.code)
            await _dismiss(socket, snapshot.leave(LeaveReason.JOIN_FAILURE, Action.DISCONNECT))
            return socket
        try:
            await self._stay(socket, result, claims, admission)
        except Exception:
            # our bug, or the media plane's: this client tries again, nobody else notices
            log.exception("session failed", room=admission.room, participant=result.participant.sid)
            await _dismiss(socket, snapshot.leave(LeaveReason.UNKNOWN, Action.RECONNECT))
        return socket

    async def _stay(
        self, socket: web.WebSocketResponse, result: JoinResult, claims: tokens.Claims, admission: Admission
    ) -> None:
        ice = ice_servers(self.turn, result.participant.sid, self.clock())
        connection = Connection(SignalSession(self.node_sid, ice), claims)
        sid = result.participant.sid
        try:
            self._begin(connection, result, is_resume=admission.is_resume)
            log.info(
                "resumed" if admission.is_resume else "joined",
                room=result.room.name,
                participant=sid,
                identity=result.participant.identity,
            )
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_write(socket, connection))
                refresher = tasks.create_task(self._refresh(connection))
                for request in admission.first:
                    await self._perform(connection, connection.session.handle(request, self.clock()))
                await self._read(socket, connection)
                refresher.cancel()
                connection.hang_up()
        finally:
            if self.connections.is_current(connection):
                self.connections.remove(connection)
                self._part(connection)
            log.info("signal closed", room=result.room.name, participant=sid)

    def _begin(self, connection: Connection, result: JoinResult, *, is_resume: bool) -> None:
        sid = result.participant.sid
        if is_resume:
            if self.simulator is not None:
                self.simulator.before_resume(connection, sid)
            self.connections.resume(connection, result)
            self.engine.offer_again(sid)
            if self.simulator is not None:
                self.simulator.after_resume(connection)
        else:
            self.connections.perform(connection, connection.session.joined(result))
            self.connections.add(connection)
            self.engine.start(sid)

    def _part(self, connection: Connection) -> None:
        """A socket that closed without a Leave may come back."""
        session = connection.session
        if session.state in (SessionState.OPEN, SessionState.AWAY):
            self.engine.detach(session.participant_sid)
        else:
            self.engine.leave(session.participant_sid, LeaveReason.SIGNAL_CLOSE)

    def _sync(self, connection: Connection, order: Sync) -> None:
        known = self.engine.known_tracks(connection.session.participant_sid)
        if known.issuperset(order.published):
            self.connections.replay_data(connection, order)
        else:
            self.connections.perform(connection, connection.session.end(LeaveReason.STATE_MISMATCH, Action.RECONNECT))

    async def _read(self, socket: web.WebSocketResponse, connection: Connection) -> None:
        pace = Rate(MESSAGES_PER_S, 2 * MESSAGES_PER_S)
        async for message in socket:
            if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                break
            while not pace.admits(self.clock()):
                await asyncio.sleep(1 / MESSAGES_PER_S)
            connection.signalled_at = self.clock()
            await self._perform(connection, connection.session.handle_frame(message.data, self.clock()))

    async def _perform(self, connection: Connection, effects: list[Effect]) -> None:
        for effect in effects:
            await self._execute(connection, effect)

    async def _execute(self, connection: Connection, effect: Effect) -> None:
        session = connection.session
        try:
            match effect:
                case AddTrack():
                    info = self.engine.add_track(session.participant_sid, effect.request)
                    self.connections.perform(connection, [session.track_added(effect, info)])
                case TakeOffer():
                    async with asyncio.timeout(NEGOTIATION_TIMEOUT_S):
                        answer = await self.engine.publisher_offer(session.participant_sid, effect.sdp)
                    self.connections.perform(connection, [session.answered(effect, answer)])
                case Change():
                    self.engine.update_participant(session.participant_sid, effect.change)
                    self.connections.perform(connection, [session.changed(effect)])
                case Sync():
                    self._sync(connection, effect)
                case Simulate():
                    if self.simulator is not None:
                        self.simulator.play(connection, effect)
                case TakeAnswer() | Mute() | Subscribe() | SetTracks() | PermitSubscribers():
                    self._order(session, effect)
                case _:
                    self.connections.perform(connection, [effect])
        except SfuError as error:
            log.info("refused", participant=session.participant_sid, order=type(effect).__name__, reason=error.code)
            self.connections.perform(connection, session.refused(effect, error))
        except TimeoutError:
            self.connections.perform(connection, session.end(LeaveReason.MEDIA_FAILURE, Action.RECONNECT))

    def _order(
        self, session: SignalSession, order: TakeAnswer | Mute | Subscribe | SetTracks | PermitSubscribers
    ) -> None:
        sid = session.participant_sid
        match order:
            case TakeAnswer(sdp=sdp, offer_id=offer_id):
                self.engine.subscriber_answer(sid, sdp, offer_id)
            case Mute(track_sid=track_sid, is_muted=is_muted):
                self.engine.mute(sid, track_sid, is_muted)
            case Subscribe(tracks=tracks, is_wanted=is_wanted):
                self.engine.update_subscription(sid, tracks, is_wanted)
            case SetTracks(tracks=tracks, setting=setting):
                self.engine.track_setting(sid, tracks, setting)
            case PermitSubscribers(all_participants=everybody, permissions=permissions):
                self.engine.subscription_permission(sid, everybody, permissions)

    async def _refresh(self, connection: Connection) -> None:
        """A fresh token at once and every few minutes."""
        while True:
            try:
                info = self.engine.participant(connection.session.participant_sid)
            except SfuError:
                return
            token = self.renewal.token(connection, info)
            connection.send(Frame(rtc.SignalResponse(refresh_token=token)))
            await asyncio.sleep(TOKEN_REFRESH_S)


async def _write(socket: web.WebSocketResponse, connection: Connection) -> None:
    """Send what is queued until the queue says that it is over or the client is gone."""
    try:
        while (frame := await connection.next()) is not None:
            if connection.session.is_text:
                await socket.send_str(frame.text())
            else:
                await socket.send_bytes(frame.binary())
    except (ConnectionError, RuntimeError):
        # the socket went away under the write; the reader notices and ends the stay
        return
    await socket.close()


async def _dismiss(socket: web.WebSocketResponse, response: rtc.SignalResponse) -> None:
    with contextlib.suppress(ConnectionError, RuntimeError):
        await socket.send_bytes(response.SerializeToString())
    await socket.close()


def _refused(error: Refusal | tokens.TokenError) -> web.Response:
    status = error.status if isinstance(error, Refusal) else 401
    return web.Response(status=status, text=str(error), headers={"Retry-After": "1"} if status == 503 else None)


def add_routes(app: web.Application, door: SignalDoor) -> None:
    """All paths a signal client asks; a doubled slash in front comes from bases that end in one."""
    for slash in ("/", "//"):
        app.router.add_get(f"{slash}rtc", door.rtc)
        app.router.add_get(f"{slash}rtc/validate", door.validate)
        app.router.add_get(f"{slash}rtc/v1", door.rtc)
        app.router.add_get(f"{slash}rtc/v1/validate", door.validate)
