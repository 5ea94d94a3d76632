"""Rooms with people in them, for tests of the pure aggregate."""

from itertools import count

from sfu.config import JoinRequest, Permission
from sfu.ids import Identity, ParticipantSid, RoomName, RoomSid, TrackSid
from sfu.media import Codec, Kind, Source, TrackRequest
from sfu.room import Room

NOW = 1000.0


def a_room(**options) -> Room:
    return Room(RoomSid("RM_1"), RoomName("lesson"), NOW, **options)


def a_request(identity="ana", **options) -> JoinRequest:
    return JoinRequest(identity=Identity(identity), **options)


def with_participant(room, identity="ana", *, now=NOW, permission=None, **options) -> ParticipantSid:
    sid = ParticipantSid(f"PA_{identity}")
    request = a_request(identity, permission=permission or Permission(), **options)
    room.join(sid, request, now)
    return sid


_numbers = count()


def a_track_request(cid="cid", kind=Kind.VIDEO, source=Source.CAMERA, **options) -> TrackRequest:
    return TrackRequest(cid=cid, kind=kind, source=source, **options)


def with_track(room, sid, *, kind=Kind.VIDEO, source=Source.CAMERA, published=True) -> TrackSid:
    track = TrackSid(f"TR_{next(_numbers)}")
    publication = room.participant(sid).announce(track, a_track_request("c" + track, kind, source))
    if published:
        codec = Codec.OPUS if kind is Kind.AUDIO else Codec.VP8
        publication.negotiate(mid="0", codec=codec, is_simulcast=False)
        room.publish(sid, track)
    return track


def kinds(events) -> list[str]:
    return [type(event).__name__ for event in events]
