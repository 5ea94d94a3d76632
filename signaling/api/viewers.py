"""The WHEP players of a node: the media plane's events move what each of them is shown."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from sfu.engine import Engine
from sfu.errors import NotFoundError
from sfu.events import (
    Event,
    ParticipantLeft,
    ParticipantUpdated,
    RoomFinished,
    SpeakersChanged,
    SubscriptionPermissionChanged,
    TrackPublished,
    TrackUnpublished,
    TrackUpdated,
)
from sfu.ids import ParticipantSid, RoomName
from signaling.session.viewing import DWELL_S, Player, Viewing

_MOVING = (
    SpeakersChanged,
    ParticipantLeft,
    ParticipantUpdated,
    SubscriptionPermissionChanged,
    TrackPublished,
    TrackUnpublished,
    TrackUpdated,
)


@dataclass(slots=True)
class _Watched:
    """A room with players in it. `levels`: who speaks, how loud."""

    viewings: dict[ParticipantSid, Viewing] = field(default_factory=dict)
    levels: dict[ParticipantSid, float] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None


class Viewers:
    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self._rooms: dict[RoomName, _Watched] = {}

    def add(self, room: RoomName, sid: ParticipantSid, player: Player) -> None:
        """A player is in the room and is shown something from now on."""
        watched = self._rooms.setdefault(room, _Watched())
        watched.viewings[sid] = Viewing(player)
        self._look(room, watched)

    def __len__(self) -> int:
        return sum(len(watched.viewings) for watched in self._rooms.values())

    def handle_event(self, event: Event) -> None:
        """The media plane's handler."""
        if isinstance(event, RoomFinished):
            self._forget(event.room.name)
            return
        if not isinstance(event, _MOVING) or (watched := self._rooms.get(event.room)) is None:
            return
        match event:
            case SpeakersChanged(room=room, speakers=speakers):
                for one in speakers:
                    watched.levels[one.participant_sid] = one.level if one.is_active else 0.0
                self._look(room, watched)
            case ParticipantLeft(room=room, participant=participant):
                watched.levels.pop(participant.sid, None)
                watched.viewings.pop(participant.sid, None)
                if watched.viewings:
                    self._look(room, watched)
                else:
                    self._forget(room)
            case _:
                self._look(event.room, watched)

    def _forget(self, room: RoomName) -> None:
        watched = self._rooms.pop(room, None)
        if watched is not None and watched.timer is not None:
            watched.timer.cancel()

    def _look(self, room: RoomName, watched: _Watched) -> None:
        try:
            participants = self._engine.participants(room)
        except NotFoundError:
            return
        existing = {track.sid for one in participants for track in one.tracks}
        for sid, viewing in list(watched.viewings.items()):
            with contextlib.suppress(NotFoundError):
                visible = self._engine.visible_tracks(sid)
                switch = viewing.look(participants, watched.levels, self._clock(), visible)
                gone = [track for track in switch.gone if track in existing]
                if gone:
                    self._engine.update_subscription(sid, gone, False)
                if switch.fresh:
                    self._engine.update_subscription(sid, switch.fresh, True)
        if watched.timer is None and any(viewing.is_waiting for viewing in watched.viewings.values()):
            watched.timer = asyncio.get_running_loop().call_later(DWELL_S, self._look_again, room)

    def _look_again(self, room: RoomName) -> None:
        watched = self._rooms.get(room)
        if watched is not None:
            watched.timer = None
            self._look(room, watched)
