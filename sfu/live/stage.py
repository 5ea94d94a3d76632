"""What all that goes on in a live room shares: the pure room, the connections, the tracks, one way to tell of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sfu._dataplane import Dataplane
from sfu.config import EngineConfig
from sfu.connection import Connection
from sfu.demand import Demand
from sfu.errors import NotFoundError
from sfu.events import Event, PresenceProven, SpeakersChanged
from sfu.ids import ParticipantSid, UpTrackId
from sfu.participant import Participant
from sfu.policy.shedding import Shedding
from sfu.policy.speakers import Speakers
from sfu.publishing import UpTrack
from sfu.room import Room
from sfu.transport.peer import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Facilities:
    """What a room needs of its engine."""

    config: EngineConfig
    network: Network
    new_sid: Callable[[str], str]
    clock: Callable[[], float]
    emit: Callable[[Event], None]
    measure: Callable[[], None]
    shedding: Shedding = field(default_factory=Shedding)

    @property
    def plane(self) -> Dataplane:
        return self.network.plane


@dataclass(slots=True)
class Stage:
    room: Room
    facilities: Facilities
    connections: dict[ParticipantSid, Connection] = field(default_factory=dict)
    up_tracks: dict[UpTrackId, tuple[ParticipantSid, UpTrack]] = field(default_factory=dict)
    speakers: Speakers = field(default_factory=Speakers)
    demand: Demand = field(init=False)
    # hears every event before the world does: the journal, while there is one
    witness: Callable[[Event], None] | None = None

    def __post_init__(self) -> None:
        self.demand = Demand(self.room.name, self.facilities.emit)

    def tell(self, events: Iterable[Event]) -> None:
        for event in events:
            if self.witness is not None:
                self.witness(event)
            self.facilities.emit(event)

    def tell_speakers(self, sid: ParticipantSid) -> None:
        """Who speaks now, to a newcomer: later events only tell changes."""
        speaking = tuple(self.speakers.now())
        if speaking:
            self.facilities.emit(SpeakersChanged(room=self.room.name, speakers=speaking, only_to=sid))

    def prove(self, participant: Participant, spans: list[tuple[int, int]]) -> None:
        if spans and not participant.permission.is_hidden:
            self.facilities.emit(
                PresenceProven(
                    room=self.room.name,
                    identity=participant.identity,
                    participant_sid=participant.sid,
                    spans=tuple(spans),
                )
            )

    def connection(self, sid: ParticipantSid) -> Connection:
        try:
            return self.connections[sid]
        except KeyError:
            raise NotFoundError(f"no participant {sid}") from None

    def refresh(self, track: UpTrack) -> None:
        """Other encodings flow now: subscribers may get a better one."""
        for connection in self.connections.values():
            if connection.subscriber is not None:
                connection.subscriber.refresh(track.track_sid)
