"""What the world outside is told: the media plane's events as webhook bodies.

Rooms are remembered here only to be named in events that carry but their name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from livekit.protocol import models

from sfu.config import RoomInfo
from sfu.events import (
    Event,
    ParticipantActive,
    ParticipantLeft,
    RoomFinished,
    RoomStarted,
    RoomUpdated,
    TrackPublished,
    TrackUnpublished,
)
from sfu.ids import ParticipantSid, RoomName
from signaling.protocol import webhook
from signaling.protocol.naming import SidPrefix, new_sid
from signaling.session import translate
from signaling.session.presence import Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One webhook, ready to be kept and sent."""

    event_id: str
    room: RoomName
    body: bytes


def as_json(message: Message) -> dict[str, Any]:
    """A message as LiveKit's servers write it."""
    written: dict[str, Any] = json_format.MessageToDict(message)
    return written


class Announcer:
    """Turns events into announcements. `chance(n)` gives n random bytes for the ids."""

    def __init__(self, chance: Callable[[int], bytes]) -> None:
        self._chance = chance
        self._rooms: dict[RoomName, RoomInfo] = {}
        self._arrived: set[ParticipantSid] = set()

    def announce(self, event: Event, now: float) -> Announcement | None:
        """The webhook of an event; None for what is nobody else's business."""
        match event:
            case RoomStarted(room=room):
                self._rooms[room.name] = room
                return self._of("room_started", room.name, {}, now)
            case RoomUpdated(room=room):
                self._rooms[room.name] = room
            case RoomFinished(room=room, reason=_):
                self._rooms[room.name] = room
                announcement = self._of("room_finished", room.name, {}, now)
                del self._rooms[room.name]
                return announcement
            case ParticipantActive(room=name, participant=participant):
                self._arrived.add(participant.sid)
                return self._of("participant_joined", name, _participant(event), now)
            case ParticipantLeft(room=name, participant=participant):
                return self._of(self._name_of_leaving(participant.sid), name, _participant(event), now)
            case TrackPublished(room=name):
                return self._of("track_published", name, _track(event), now)
            case TrackUnpublished(room=name):
                return self._of("track_unpublished", name, _track(event), now)
        return None

    def presence(self, room: RoomName, proven: list[Presence], now: float) -> Announcement:
        """The webhook of one room's proven presence."""
        entries = [
            {
                "identity": one.identity,
                "participantSid": one.participant_sid,
                "spans": [list(span) for span in one.spans],
            }
            for one in proven
        ]
        return self._of("presence_proven", room, {"presence": entries}, now)

    def _name_of_leaving(self, sid: ParticipantSid) -> str:
        if sid in self._arrived:
            self._arrived.discard(sid)
            return "participant_left"
        return "participant_connection_aborted"

    def _of(self, name: str, room: RoomName, parts: Mapping[str, Any], now: float) -> Announcement:
        info = self._rooms.get(room)
        message = translate.room(info) if info else models.Room(name=room)
        event_id = new_sid(SidPrefix.EVENT, self._chance)
        body = webhook.build(event=name, event_id=event_id, created_at=now, parts={"room": as_json(message), **parts})
        return Announcement(event_id=event_id, room=room, body=body)


def _participant(event: ParticipantActive | ParticipantLeft) -> dict[str, Any]:
    if isinstance(event, ParticipantLeft):
        return {"participant": as_json(translate.departed(event.participant, event.reason))}
    return {"participant": as_json(translate.participant(event.participant))}


def _track(event: TrackPublished | TrackUnpublished) -> dict[str, Any]:
    # as LiveKit: of the participant only who it is
    who = models.ParticipantInfo(
        sid=event.participant.sid, identity=event.participant.identity, name=event.participant.name
    )
    return {"participant": as_json(who), "track": as_json(translate.track(event.track))}
