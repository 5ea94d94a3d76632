"""The media plane as its user sees it: rooms, transports and the native data plane put together.

Everything that happens comes back through `events` in order, each event in a later turn of the event loop than
its cause; a handler must not block and may call the engine. Unknown ids raise `NotFoundError`; every error is an
`sfu.errors.SfuError` with a stable `code`.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Self

from sfu._dataplane import Dataplane
from sfu._dataplane import Event as PlaneEvent
from sfu.binding import open_plane
from sfu.config import (
    EngineConfig,
    JoinRequest,
    JoinResult,
    LeaveReason,
    ParticipantChange,
    ParticipantInfo,
    PublisherAnswer,
    RoomInfo,
    RoomRequest,
    ViewerAnswer,
)
from sfu.errors import NotFoundError, SfuError
from sfu.events import RoomFinished, RoomStarted
from sfu.ids import (
    PARTICIPANT_PREFIX,
    ROOM_PREFIX,
    SID_LENGTH,
    Identity,
    ParticipantSid,
    RoomName,
    RoomSid,
    TrackSid,
    UpTrackId,
    make_sid,
)
from sfu.live.room import LiveRoom
from sfu.live.stage import Facilities
from sfu.measuring import Receipts
from sfu.media import DataKind, TrackInfo, TrackPermission, TrackRequest, TrackSetting
from sfu.outgoing import EventHandler, Outgoing
from sfu.policy.quality import WINDOW_S as QUALITY_EVERY_S
from sfu.policy.speakers import WINDOW_S
from sfu.recording import finish, is_unfinished
from sfu.room import Room
from sfu.sdp.local import LocalTransport
from sfu.transport.peer import Network, PeerLimits
from sfu.transport.peers import Peers

logger = logging.getLogger(__name__)

# proofs of presence leave in batches of this many seconds
PROOF_EVERY_S = 1
# receipts are read again at a leave, but not once for each of many
MEASURE_AT_MOST_EVERY_S = 0.2


class Engine:
    """Made by `create`; ends with `close`."""

    def __init__(self, config: EngineConfig, plane: Dataplane) -> None:
        self._config = config
        self._plane = plane
        self._rooms: dict[RoomName, LiveRoom] = {}
        self._homes: dict[ParticipantSid, LiveRoom] = {}
        self._peers = Peers()
        self._receipts = Receipts()
        self._measured_at = 0.0
        self._seconds = 0
        self._loop = asyncio.get_running_loop()
        self._outgoing = Outgoing(self._loop)
        self._emit = self._outgoing.emit
        self._closing = asyncio.Event()
        self._main: asyncio.Task[None] | None = None
        self._facilities = Facilities(
            config=config,
            network=Network(
                plane,
                addresses=tuple((address, plane.local_port) for address in config.addresses),
                tcp_addresses=tuple(
                    (address, plane.local_tcp_port) for address in config.addresses if plane.local_tcp_port
                ),
                limits=PeerLimits(negotiation_s=config.negotiation_timeout_s, handshake_s=config.handshake_timeout_s),
                spawn=self._peers.spawn,
            ),
            new_sid=_new_sid,
            clock=time.time,
            emit=self._emit,
            measure=self._measure,
        )

    @classmethod
    async def create(cls, config: EngineConfig) -> Self:
        """Binds the UDP port and starts the media threads. SfuError `bind_failed` when it cannot."""
        engine = cls(config, open_plane(config))
        started = asyncio.Event()
        engine._main = asyncio.create_task(engine._run(started))
        await started.wait()
        return engine

    async def close(self) -> None:
        """Everybody leaves (SERVER_SHUTDOWN); journals stay open-ended: a restarted node continues them."""
        if not self._closing.is_set():
            for live in self._rooms.values():
                live.suspend()
            self._rooms.clear()
            self._homes.clear()
            self._closing.set()
        if self._main is not None:
            await self._main
        self._outgoing.deliver()

    def events(self, handler: EventHandler) -> Callable[[], None]:
        """Hands every later event to `handler`; the returned function stops that."""
        return self._outgoing.add(handler)

    @property
    def local_port(self) -> int:
        """The UDP port in use."""
        return self._plane.local_port

    @property
    def open_transports(self) -> int:
        """How many transports exist now, for health reports."""
        return len(self._peers)

    def note_busy(self, busy: float) -> None:
        """Once a second: the share of it that the busiest media thread computed. Videos give way, audio does not."""
        if self._facilities.shedding.note(busy):
            logger.warning("videos give way: %d steps of layers less", self._facilities.shedding.steps)

    # rooms

    def create_room(self, request: RoomRequest) -> RoomInfo:
        """Creates the room, or applies what is given to the existing one (idempotent)."""
        live = self._rooms.get(request.name)
        if live is None:
            live = self._open_room(request)
        else:
            for event in live.room.configure(request):
                self._emit(event)
        return live.room.info()

    def delete_room(self, name: RoomName) -> None:
        """Everybody leaves (ROOM_DELETED), its journal is closed for good.

        A room that is not live but has an unfinished journal on disk gets that journal closed; no error.
        """
        if name in self._rooms:
            self._finish(name, LeaveReason.ROOM_DELETED)
            return
        folder = self._config.journal_folder
        if folder is None or not is_unfinished(folder, name):
            raise NotFoundError(f"no room {name}")
        finish(self._plane, folder, self._new_room(RoomRequest(name=name)).info(), time.time())

    def rooms(self) -> tuple[RoomInfo, ...]:
        return tuple(live.room.info() for live in self._rooms.values())

    def room(self, name: RoomName) -> RoomInfo:
        return self._live(name).room.info()

    def participants(self, room: RoomName) -> tuple[ParticipantInfo, ...]:
        """All in the room, hidden ones too, in order of joining."""
        return tuple(each.info() for each in self._live(room).room.participants.values())

    def participant(self, sid: ParticipantSid) -> ParticipantInfo:
        return self._home(sid).room.participant(sid).info()

    def find_participant(self, room: RoomName, identity: Identity) -> ParticipantInfo:
        found = self._live(room).room.find(identity)
        if found is None:
            raise NotFoundError(f"no participant {identity}")
        return found.info()

    def update_room_metadata(self, name: RoomName, metadata: str) -> RoomInfo:
        live = self._live(name)
        for event in live.room.update_metadata(metadata):
            self._emit(event)
        return live.room.info()

    # participants

    def has_place(self, room: RoomName, request: JoinRequest) -> bool:
        """Whether `join` would find a place; a room that is not there is not full."""
        live = self._rooms.get(room)
        return live is None or live.room.has_place_for(request)

    def join(self, room: RoomName, request: JoinRequest) -> JoinResult:
        """Enters at once. An earlier participant of the same identity has left (DUPLICATE_IDENTITY) before.

        The first `SubscriberOffer` never comes before `start` was called. LimitExceededError: room full.
        """
        live = self._rooms.get(room) or self._open_room(request.room or RoomRequest(name=room), name=room)
        sid = ParticipantSid(_new_sid(PARTICIPANT_PREFIX))
        earlier = live.room.find(request.identity)
        live.join(sid, request)
        if earlier is not None:
            self._homes.pop(earlier.sid, None)
        self._homes[sid] = live
        return self._result(live, sid)

    def _result(self, live: LiveRoom, sid: ParticipantSid) -> JoinResult:
        everybody = live.room.participants.values()
        return JoinResult(
            room=live.room.info(),
            participant=live.room.participant(sid).info(),
            others=tuple(each.info() for each in everybody if each.sid != sid and not each.permission.is_hidden),
            is_subscriber_primary=live.stage.connection(sid).is_subscriber_primary,
        )

    def detach(self, sid: ParticipantSid) -> None:
        """Its signalling is gone: the stay waits a while to be resumed, or ends (SIGNAL_CLOSE) if it has no media."""
        live = self._homes.get(sid)
        if live is not None and not live.detach(sid):
            self.leave(sid, LeaveReason.SIGNAL_CLOSE)

    def resume(self, room: RoomName, identity: Identity, sid: ParticipantSid) -> JoinResult:
        """The same stay goes on. NotFoundError: it is over, or somebody else's."""
        live = self._home(sid)
        if live.room.name != room or live.room.participant(sid).identity != identity:
            raise NotFoundError(f"no participant {sid}")
        live.resume(sid)
        return self._result(live, sid)

    def offer_again(self, sid: ParticipantSid) -> None:
        """Call once the resumed client was told so: an earlier offer or its answer may be lost."""
        self._home(sid).offer_again(sid)

    def known_tracks(self, sid: ParticipantSid) -> frozenset[TrackSid]:
        """All it has announced or published."""
        return frozenset(self._home(sid).room.participant(sid).publications)

    def start(self, sid: ParticipantSid) -> None:
        """Call once the newcomer has its JoinResponse: opens the transport it receives on, and offers if we do."""
        self._home(sid).start(sid)

    def leave(self, sid: ParticipantSid, reason: LeaveReason) -> None:
        """Ends the stay; a sid that is already gone is no error."""
        live = self._homes.pop(sid, None)
        if live is not None:
            live.leave(sid, reason)

    def remove_participant(self, room: RoomName, identity: Identity) -> None:
        """Ends the stay (PARTICIPANT_REMOVED)."""
        self.leave(self.find_participant(room, identity).sid, LeaveReason.PARTICIPANT_REMOVED)

    def move_participant(self, room: RoomName, identity: Identity, destination: RoomName) -> JoinResult:
        """It leaves one room for another with its transports, its sid and its tracks; presence begins anew there.

        Tell its client at once: events of the new room come in a later turn. NotFoundError: no such room or
        participant; AlreadyExistsError: the identity is there; LimitExceededError: full; NotReadyError: not connected.
        """
        source, target = self._live(room), self._live(destination)
        sid = self.find_participant(room, identity).sid
        target.room.check_mover(source.check_send_off(sid))
        target.take_in(source.send_off(sid, destination))
        self._homes[sid] = target
        return self._result(target, sid)

    def update_participant(self, sid: ParticipantSid, change: ParticipantChange) -> ParticipantInfo:
        """Applies the change without asking whether `sid` may: the front door has checked.

        Revoked permissions take effect: tracks are unpublished, subscriptions removed.
        """
        live = self._home(sid)
        live.change(sid, change)
        return live.room.participant(sid).info()

    # publishing

    def add_track(self, sid: ParticipantSid, request: TrackRequest) -> TrackInfo:
        """Announces a track of a later offer. NotAllowedError, LimitExceededError (20 pending)."""
        return self._home(sid).add_track(sid, request)

    async def publisher_offer(self, sid: ParticipantSid, sdp: str) -> PublisherAnswer:
        """Takes the client's offer and gives the answer. SdpError: it cannot be used, nothing changed."""
        answer = self._home(sid).publisher_offer(sid, sdp)
        # lets what is waiting be told first: the answer may carry a track that was published just now
        await asyncio.sleep(0)
        return answer

    def mute(self, sid: ParticipantSid, track_sid: TrackSid, is_muted: bool) -> TrackInfo:
        return self._home(sid).mute(sid, track_sid, is_muted)

    def unpublish(self, sid: ParticipantSid, track_sid: TrackSid) -> None:
        """Takes a track away from its publisher (forced)."""
        self._home(sid).unpublish(sid, track_sid, is_forced=True)

    # subscribing

    def subscriber_answer(self, sid: ParticipantSid, sdp: str, offer_id: int) -> None:
        """Takes the answer to the offer of that id (0: not said); a stale one is ignored. SdpError."""
        self._home(sid).subscriber_answer(sid, sdp, offer_id)

    def view(self, sid: ParticipantSid, sdp: str, *, is_one_source: bool) -> ViewerAnswer:
        """Takes the one offer of a player in place of `start`; what it is shown is up to `update_subscription`.

        `is_one_source`: always from one publisher, so that picture and sound can be played in step. SdpError.
        """
        return self._home(sid).view(sid, sdp, is_one_source=is_one_source)

    def visible_tracks(self, sid: ParticipantSid) -> frozenset[TrackSid]:
        """The published tracks that their publishers let `sid` see."""
        return self._home(sid).visible_tracks(sid)

    def restart_ice(self, sid: ParticipantSid) -> LocalTransport:
        """New credentials for the one transport of a stay that makes no second offer; the path in use goes on until the
        client has found another one under them.
        """
        return self._home(sid).restart_ice(sid)

    def update_subscription(self, sid: ParticipantSid, tracks: Sequence[TrackSid], is_wanted: bool) -> None:
        """Tracks not (yet) known are remembered until they are published."""
        self._home(sid).update_subscription(sid, tracks, is_wanted)

    def track_setting(self, sid: ParticipantSid, tracks: Sequence[TrackSid], setting: TrackSetting) -> None:
        self._home(sid).track_setting(sid, tracks, setting)

    def subscription_permission(
        self, sid: ParticipantSid, all_participants: bool, permissions: Sequence[TrackPermission]
    ) -> None:
        """Who may see the tracks of `sid` from now on."""
        self._home(sid).show(sid, all_participants, permissions)

    def pretend_bandwidth(self, sid: ParticipantSid, bps: int) -> None:
        """Allots as if the path to `sid` carried so much; 0 = what is measured."""
        side = self._home(sid).stage.connection(sid).subscriber
        if side is not None:
            side.pretended_bps = bps

    # data

    def send(self, sid: ParticipantSid, kind: DataKind, payload: bytes) -> None:
        """To one participant; reliable data waits for its channel to open, other data is dropped then."""
        self._home(sid).stage.connection(sid).send(kind, payload)

    # recording

    def start_recording(self, room: RoomName) -> None:
        """Opens a journal run; already recording is no error. UnsupportedError without a journal folder."""
        self._live(room).journal.begin()

    def stop_recording(self, room: RoomName) -> None:
        """Closes the journal for good."""
        self._live(room).journal.end()

    def record_chat(self, sid: ParticipantSid, text: str) -> None:
        """Appends a chat line to the journal of a recorded room; no effect in another."""
        self._home(sid).journal.add_chat(sid, text)

    # rooms by name and participant

    def _live(self, name: RoomName) -> LiveRoom:
        try:
            return self._rooms[name]
        except KeyError:
            raise NotFoundError(f"no room {name}") from None

    def _home(self, sid: ParticipantSid) -> LiveRoom:
        live = self._homes.get(sid)
        if live is None or sid not in live.connections:
            raise NotFoundError(f"no participant {sid}")
        return live

    def _new_room(self, request: RoomRequest, name: RoomName | None = None) -> Room:
        room = Room(RoomSid(_new_sid(ROOM_PREFIX)), name or request.name, time.time())
        room.configure(request)
        return room

    def _open_room(self, request: RoomRequest, name: RoomName | None = None) -> LiveRoom:
        if self._closing.is_set():
            raise SfuError("the engine is closed", "closed")
        room = self._new_room(request, name)
        folder = self._config.journal_folder
        if request.auto_record is None and folder is not None and is_unfinished(folder, room.name):
            # this node was restarted in the middle of a recorded session
            room.auto_record = True
        live = self._rooms[room.name] = LiveRoom(room, self._facilities)
        self._emit(RoomStarted(room=room.info()))
        return live

    def _finish(self, name: RoomName, reason: LeaveReason) -> None:
        live = self._rooms.pop(name)
        for sid in live.connections:
            self._homes.pop(sid, None)
        live.finish(reason)
        self._emit(RoomFinished(room=live.room.info(), reason=reason))

    # what runs

    async def _run(self, started: asyncio.Event) -> None:
        """Owns every task of the engine."""
        self._loop.add_reader(self._plane.event_fd(), self._handle_plane)
        try:
            async with asyncio.TaskGroup() as group:
                self._peers.run_in(group)
                clocks = [
                    group.create_task(self._every(WINDOW_S, self._hear)),
                    group.create_task(self._every(1.0, self._second)),
                ]
                started.set()
                await self._closing.wait()
                for clock in clocks:
                    clock.cancel()
        finally:
            self._loop.remove_reader(self._plane.event_fd())
            # waits for the journals to be on disk
            await asyncio.to_thread(self._plane.close)

    async def _every(self, interval_s: float, action: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(interval_s)
            try:
                action()
            except Exception:
                logger.exception("a periodic duty failed")

    def _handle_plane(self) -> None:
        for event in self._plane.drain_events():
            try:
                self._handle_plane_event(event)
            except Exception:
                logger.exception("an event of the data plane was not handled: %s", event.kind)

    def _handle_plane_event(self, event: PlaneEvent) -> None:
        match event.kind:
            case "dtls" | "connected" | "consent_lost":
                self._peers.handle(event)
            case "media_started":
                for live in self._rooms.values():
                    live.media_started(UpTrackId(event.id), event.data[0] if event.data else 0)
            case "journal_failed":
                room = next((each.room.name for each in self._rooms.values() if each.journal.writes_to(event.id)), "")
                logger.error("journal of room %r: %s", room, event.data.decode(errors="replace"))

    # what the clock brings

    def _hear(self) -> None:
        levels = {level.up_track: level for level in self._plane.audio_levels()}
        for live in self._rooms.values():
            live.pulse.hear(levels)

    def _second(self) -> None:
        now = time.time()
        self._seconds += 1
        self._measure()
        for name, live in list(self._rooms.items()):
            for sid, reason in live.pulse.stuck(now):
                self.leave(sid, reason)
            live.pulse.tell_silence(now)
            live.pulse.poll_flow()
            live.pulse.allot(self._loop.time())
            live.journal.begin_if_due()
            live.pulse.settle_demand(self._loop.time())
            if self._seconds % QUALITY_EVERY_S == 0:
                live.pulse.tell_quality(self._loop.time())
            if self._seconds % PROOF_EVERY_S == 0:
                live.pulse.prove_presence(now)
            if live.room.is_over(now):
                self._finish(name, LeaveReason.ROOM_CLOSED)

    def _measure(self) -> None:
        """Reads the receipts; a transport's own are lost once it is closed."""
        now = self._loop.time()
        if now - self._measured_at < MEASURE_AT_MOST_EVERY_S:
            return
        self._measured_at = now
        attendants = [each for live in self._rooms.values() for each in live.pulse.attendants()]
        self._receipts.spread(self._plane.receipts(), attendants)


def _new_sid(prefix: str) -> str:
    return make_sid(prefix, secrets.token_bytes(SID_LENGTH))
