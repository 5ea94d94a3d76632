"""What everybody in a room is told of comings and goings: at once while they are few, together while they are many.

A class that begins is hundreds of people within seconds; each would be told to each. Whoever publishes, changes or says
something is told of at once, and what waits about it is told before. Pure: takes `now`, of any clock.
"""

import math
from dataclasses import replace

from livekit.protocol import models, rtc

from sfu.config import RoomInfo
from signaling.session import snapshot

GONE = models.ParticipantInfo.State.DISCONNECTED
# hardly to be seen, and one message in place of a hundred
PEOPLE_EVERY_S = 0.25
# how many there are is counted by clients themselves
COUNTS_EVERY_S = 2.0


class Bulletin:
    """One room's."""

    def __init__(self) -> None:
        # a stay, and whether it is over: who has come and gone meanwhile is told of as one who came and went
        self._people: dict[tuple[str, bool], models.ParticipantInfo] = {}
        self._room: RoomInfo | None = None
        self._room_told: RoomInfo | None = None
        self._next_people = self._next_room = -math.inf

    def note_people(self, told: rtc.ParticipantUpdate) -> None:
        """Who came or went."""
        for each in told.participants:
            key = each.sid, each.state == GONE
            self._people.pop(key, None)
            self._people[key] = each

    def note_room(self, room: RoomInfo) -> None:
        """The room is different; anything but the number of its people is told at once."""
        self._room = room
        if self._room_told is None or _uncounted(room) != _uncounted(self._room_told):
            self._next_room = -math.inf

    def owes(self, identity: str) -> bool:
        """Whether something about this person waits, be it about an earlier stay."""
        return any(each.identity == identity for each in self._people.values())

    def forget(self, sid: str) -> None:
        """Everybody is told something newer of this stay."""
        for is_over in (False, True):
            self._people.pop((sid, is_over), None)

    def hurry(self) -> None:
        """All that waits about people is due now."""
        self._next_people = -math.inf

    def take(self, now: float) -> list[rtc.SignalResponse]:
        """What is due; it waits no more."""
        due: list[rtc.SignalResponse] = []
        if self._people and now >= self._next_people:
            update = rtc.ParticipantUpdate(participants=self._people.values())
            due.append(rtc.SignalResponse(update=update))
            self._people.clear()
            self._next_people = now + PEOPLE_EVERY_S
        if self._room is not None and now >= self._next_room:
            due.append(snapshot.room_update(self._room))
            self._room_told, self._room = self._room, None
            self._next_room = now + COUNTS_EVERY_S
        return due

    def due_at(self) -> float | None:
        """When something that waits is due."""
        times = [self._next_people] if self._people else []
        return min(times + ([self._next_room] if self._room is not None else []), default=None)


def _uncounted(room: RoomInfo) -> RoomInfo:
    return replace(room, num_participants=0, num_publishers=0)
