"""What the world outside is told, as LiveKit's own receiver reads it."""

import json
import os

from google.protobuf import json_format
from livekit.protocol import webhook as messages

from sfu.config import LeaveReason
from sfu.events import (
    Event,
    ParticipantActive,
    ParticipantJoined,
    ParticipantLeft,
    RoomFinished,
    RoomStarted,
    TrackPublished,
    TrackUnpublished,
)
from sfu.ids import Identity, ParticipantSid
from signaling.session.announce import Announcer
from signaling.session.presence import Presence
from tests.signaling.builders import ROOM, a_participant, a_room, a_track

NOW = 1_800_000_000.9


def told(announcer: Announcer, event: Event) -> messages.WebhookEvent:
    announcement = announcer.announce(event, NOW)
    assert announcement is not None and announcement.room == ROOM
    read = json_format.Parse(announcement.body, messages.WebhookEvent())
    assert read.id == announcement.event_id and read.id.startswith("EV_")
    return read


def test_the_life_of_a_room_is_announced() -> None:
    announcer = Announcer(os.urandom)
    started = told(announcer, RoomStarted(room=a_room()))
    assert (started.event, started.room.sid, started.created_at) == ("room_started", "RM_hall", 1_800_000_000)
    assert announcer.announce(ParticipantJoined(room=ROOM, participant=a_participant()), NOW) is None
    joined = told(announcer, ParticipantActive(room=ROOM, participant=a_participant()))
    assert (joined.event, joined.participant.identity, joined.room.sid) == ("participant_joined", "an", "RM_hall")
    published = told(announcer, TrackPublished(room=ROOM, participant=a_participant(), track=a_track()))
    assert (published.event, published.track.sid) == ("track_published", "TR_VCan")
    unpublished = TrackUnpublished(room=ROOM, participant=a_participant(), track=a_track(), is_forced=False)
    assert told(announcer, unpublished).event == "track_unpublished"
    finished = told(announcer, RoomFinished(room=a_room(), reason=LeaveReason.ROOM_CLOSED))
    assert (finished.event, finished.room.sid) == ("room_finished", "RM_hall")


def left(name: str = "an") -> ParticipantLeft:
    return ParticipantLeft(room=ROOM, participant=a_participant(name), reason=LeaveReason.CLIENT_INITIATED)


def test_who_never_arrived_does_not_leave() -> None:
    announcer = Announcer(os.urandom)
    announcer.announce(ParticipantActive(room=ROOM, participant=a_participant("an")), NOW)
    assert told(announcer, left("an")).event == "participant_left"
    aborted = told(announcer, left("binh"))
    assert aborted.event == "participant_connection_aborted"
    assert aborted.participant.disconnect_reason == 1 and aborted.participant.state == 3


def test_every_event_has_its_own_id() -> None:
    announcer = Announcer(os.urandom)
    ids = {told(announcer, left()).id for _ in range(20)}
    assert len(ids) == 20


def test_presence_travels_in_the_same_envelope() -> None:
    proven = Presence(identity=Identity("an"), participant_sid=ParticipantSid("PA_an"), spans=((1, 3), (5, 6)))
    announcement = Announcer(os.urandom).presence(ROOM, [proven], NOW)
    body = json.loads(announcement.body)
    assert body["event"] == "presence_proven" and body["room"]["name"] == ROOM
    assert body["presence"] == [{"identity": "an", "participantSid": "PA_an", "spans": [[1, 3], [5, 6]]}]
