"""Plays the faults that clients ask for, on nodes whose settings allow it; see `signaling.session.simulation`."""

import asyncio

from sfu.config import LeaveReason
from sfu.engine import Engine
from sfu.ids import ParticipantSid, RoomName
from signaling.api.connections import Connection, Connections
from signaling.session.session import Action
from signaling.session.simulation import Scenario, Simulate, speaking

# more than anybody who tests needs at once
PLANNED_LIMIT = 1000


class Simulator:
    def __init__(self, engine: Engine, connections: Connections) -> None:
        self._engine = engine
        self._connections = connections
        # stays whose next resumed socket is cut: before its first message, or after what it is told
        self._cuts: dict[ParticipantSid, Scenario] = {}

    def play(self, connection: Connection, order: Simulate) -> None:
        """Does to this client what it asked for."""
        session = connection.session
        match order.scenario:
            case Scenario.SPEAKER_UPDATE:
                self._speak(session.room, session.participant_sid, order.value)
            case Scenario.SUBSCRIBER_BANDWIDTH:
                self._engine.pretend_bandwidth(session.participant_sid, order.value)
            case Scenario.MIGRATION:
                self._connections.perform(connection, session.drop())
            case Scenario.NODE_FAILURE:
                # its socket says nothing more, and nobody knows of its stay when it comes back
                session.replaced()
                self._engine.leave(session.participant_sid, LeaveReason.UNKNOWN)
                connection.hang_up()
            case Scenario.SERVER_LEAVE:
                self._connections.perform(connection, session.end(LeaveReason.SERVER_SHUTDOWN, Action.DISCONNECT))
            case Scenario.LEAVE_REQUEST_FULL_RECONNECT:
                self._connections.perform(connection, session.end(LeaveReason.UNKNOWN, Action.RECONNECT))
            case Scenario.DISCONNECT_SIGNAL_ON_RESUME | Scenario.DISCONNECT_SIGNAL_ON_RESUME_NO_MESSAGES:
                if len(self._cuts) < PLANNED_LIMIT:
                    self._cuts[session.participant_sid] = order.scenario

    def before_resume(self, connection: Connection, sid: ParticipantSid) -> None:
        """Its socket has come back; nothing has been sent on it."""
        if self._cuts.get(sid) is Scenario.DISCONNECT_SIGNAL_ON_RESUME_NO_MESSAGES:
            del self._cuts[sid]
            connection.hang_up()

    def after_resume(self, connection: Connection) -> None:
        """It has been told all that a resumed client is told."""
        if self._cuts.pop(connection.session.participant_sid, None) is not None:
            self._connections.perform(connection, connection.session.drop())

    def _speak(self, room: RoomName, sid: ParticipantSid, seconds: int) -> None:
        self._connections.tell_room(room, speaking(sid, True))
        asyncio.get_running_loop().call_later(seconds, self._connections.tell_room, room, speaking(sid, False))
