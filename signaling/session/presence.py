"""Proven presence on its way out: spans of the media plane collected per room into few announcements."""

from dataclasses import dataclass

from sfu.events import PresenceProven
from sfu.ids import Identity, ParticipantSid, RoomName

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """One participant's proven spans: unix seconds, half open, sorted and apart."""

    identity: Identity
    participant_sid: ParticipantSid
    spans: tuple[Span, ...]


def joined(spans: list[Span]) -> tuple[Span, ...]:
    """The same seconds in as few spans as possible."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        elif start < end:
            result.append((start, end))
    return tuple(result)


class PresenceBatch:
    """What was proven since the last taking."""

    def __init__(self) -> None:
        self._rooms: dict[RoomName, dict[tuple[Identity, ParticipantSid], list[Span]]] = {}

    def add(self, event: PresenceProven) -> None:
        """Remember what the event proves."""
        people = self._rooms.setdefault(event.room, {})
        people.setdefault((event.identity, event.participant_sid), []).extend(event.spans)

    def rooms(self) -> list[RoomName]:
        """The rooms of which something waits."""
        return list(self._rooms)

    def take(self, room: RoomName) -> list[Presence]:
        """All that waits of one room; it waits no more."""
        people = self._rooms.pop(room, {})
        return [
            Presence(identity=identity, participant_sid=sid, spans=joined(spans))
            for (identity, sid), spans in people.items()
            if joined(spans)
        ]
