"""Participants, tracks and rooms to begin a test with."""

from dataclasses import replace
from typing import Any

from sfu.config import JoinResult, ParticipantInfo, ParticipantState, Permission, RoomInfo
from sfu.ids import Identity, ParticipantSid, RoomName, RoomSid, TrackSid
from sfu.media import Codec, Kind, Quality, Source, TrackInfo, VideoLayer

ROOM = RoomName("hall")


def a_room(**changes: Any) -> RoomInfo:
    room = RoomInfo(
        sid=RoomSid("RM_hall"),
        name=ROOM,
        metadata="",
        empty_timeout_s=300,
        departure_timeout_s=20,
        max_participants=0,
        created_at_ms=1_800_000_000_123,
        num_participants=1,
        num_publishers=0,
        auto_record=False,
        is_recording=False,
    )
    return replace(room, **changes)


def a_participant(name: str = "an", **changes: Any) -> ParticipantInfo:
    participant = ParticipantInfo(
        sid=ParticipantSid(f"PA_{name}"),
        identity=Identity(name),
        name=name.title(),
        room=ROOM,
        state=ParticipantState.ACTIVE,
        metadata="",
        attributes={},
        permission=Permission(),
        joined_at_ms=1_800_000_000_456,
        version=1,
        tracks=(),
        leave_reason=None,
        passthrough=b"",
    )
    return replace(participant, **changes)


def a_track(owner: str = "an", **changes: Any) -> TrackInfo:
    track = TrackInfo(
        sid=TrackSid(f"TR_VC{owner}"),
        participant_sid=ParticipantSid(f"PA_{owner}"),
        cid="cid-1",
        kind=Kind.VIDEO,
        source=Source.CAMERA,
        name="cam",
        width=1280,
        height=720,
        layers=(
            VideoLayer(quality=Quality.LOW, width=320, height=180, bitrate_bps=1),
            VideoLayer(quality=Quality.HIGH, width=1280, height=720, bitrate_bps=2),
        ),
        is_muted=False,
        is_simulcast=True,
        stream="camera",
        codec=Codec.VP8,
        mid="1",
        version=3,
        passthrough=b"",
    )
    return replace(track, **changes)


def a_join_result(**changes: Any) -> JoinResult:
    result = JoinResult(room=a_room(), participant=a_participant(), others=(), is_subscriber_primary=True)
    return replace(result, **changes)
