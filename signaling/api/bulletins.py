"""The bulletins of all rooms, and the clock that brings what waits in them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from livekit.protocol import rtc

from sfu.events import Event, ParticipantActive, ParticipantLeft, RoomUpdated
from sfu.ids import RoomName
from signaling.session.bulletin import Bulletin
from signaling.session.news import News


@dataclass(slots=True)
class _Board:
    bulletin: Bulletin = field(default_factory=Bulletin)
    timer: asyncio.TimerHandle | None = None
    timer_at: float = 0.0


class Bulletins:
    """Decides of each message whether it may wait; `publish` is how those are sent that have waited."""

    def __init__(self, publish: Callable[[News], None]) -> None:
        self._publish = publish
        self._boards: dict[RoomName, _Board] = {}

    def takes(self, event: Event, one: News) -> bool:
        """Whether the message is told by the bulletin, now or soon. One for a single reader never is."""
        if one.room is None or one.only is not None:
            return False
        match event:
            case RoomUpdated(room=info):
                self._board(one.room).bulletin.note_room(info)
            case ParticipantActive() | ParticipantLeft():
                self._board(one.room).bulletin.note_people(one.response.update)
            case _:
                self._supersede(one.room, one.response)
                return False
        self._tell(one.room)
        return True

    def hurry(self, room: RoomName, identity: str) -> None:
        """The others hear of this person by another way now: what waits about it comes first."""
        board = self._boards.get(room)
        if board is not None and board.bulletin.owes(identity):
            board.bulletin.hurry()
            self._tell(room)

    def close(self, room: RoomName) -> None:
        """There is nobody to be told."""
        board = self._boards.pop(room, None)
        if board is not None and board.timer is not None:
            board.timer.cancel()

    def _board(self, room: RoomName) -> _Board:
        return self._boards.setdefault(room, _Board())

    def _supersede(self, room: RoomName, response: rtc.SignalResponse) -> None:
        board = self._boards.get(room)
        if board is not None and response.HasField("update"):
            for each in response.update.participants:
                board.bulletin.forget(each.sid)
                # clients know people by their identity: the end of an earlier stay must not come after this
                self.hurry(room, each.identity)

    def _tell(self, room: RoomName) -> None:
        board, loop = self._boards[room], asyncio.get_running_loop()
        for response in board.bulletin.take(loop.time()):
            self._publish(News(room=room, response=response))
        due_at = board.bulletin.due_at()
        if due_at is None or (board.timer is not None and board.timer_at <= due_at):
            return
        if board.timer is not None:
            board.timer.cancel()
        board.timer, board.timer_at = loop.call_at(due_at, self._ring, room), due_at

    def _ring(self, room: RoomName) -> None:
        board = self._boards[room]
        board.timer = None
        self._tell(room)
