"""What each message of a client asks for: one small function per member of SignalRequest, in one table.

A member without a function (data tracks, newer things) is ignored; with a request id
clients would wait for, it is answered UNSUPPORTED_TYPE.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from livekit.protocol import room, rtc

from sfu.config import LeaveReason, ParticipantChange, Permission
from sfu.ids import ParticipantSid, TrackSid
from sfu.media import TrackSetting
from signaling.protocol.naming import NAME_LIMIT
from signaling.session import simulation, translate
from signaling.session.effects import (
    AddTrack,
    Change,
    Effect,
    HangUp,
    Leave,
    Mute,
    PermitSubscribers,
    Reply,
    SetTracks,
    Subscribe,
    Sync,
    TakeAnswer,
    TakeOffer,
)

METADATA_BYTES_LIMIT = 512 * 1024
ATTRIBUTES_BYTES_LIMIT = 64 * 1024
# tracks named in one message; ten thousand names in a frame are no client's
TRACKS_LIMIT = 2000

Reason = rtc.RequestResponse.Reason
Handler = Callable[[Any, Permission, float], list[Effect]]


def change_refusal(*, name: str | None, metadata: str | None, attributes: Mapping[str, str] | None) -> str:
    """Why these values are too long for anybody; empty when they are not."""
    if name is not None and len(name) > NAME_LIMIT:
        return f"a name has at most {NAME_LIMIT} characters"
    if metadata is not None and len(metadata.encode()) > METADATA_BYTES_LIMIT:
        return f"metadata has at most {METADATA_BYTES_LIMIT} bytes"
    size = sum(len(key.encode()) + len(value.encode()) for key, value in (attributes or {}).items())
    return f"attributes have at most {ATTRIBUTES_BYTES_LIMIT} bytes" if size > ATTRIBUTES_BYTES_LIMIT else ""


def responded(request_id: int, reason: Reason, message: str = "") -> Reply:
    """The outcome of a request that carries an id."""
    return Reply(
        response=rtc.SignalResponse(
            request_response=rtc.RequestResponse(request_id=request_id, reason=reason, message=message)
        )
    )


def _offer(message: rtc.SessionDescription, permission: Permission, now: float) -> list[Effect]:
    return [TakeOffer(sdp=message.sdp, offer_id=message.id)]


def _answer(message: rtc.SessionDescription, permission: Permission, now: float) -> list[Effect]:
    return [TakeAnswer(sdp=message.sdp, offer_id=message.id)]


def _trickle(message: rtc.TrickleRequest, permission: Permission, now: float) -> list[Effect]:
    # an ICE-lite server learns the client's addresses from its checks, not from candidates
    return []


def _add_track(message: rtc.AddTrackRequest, permission: Permission, now: float) -> list[Effect]:
    request = translate.track_request(message)
    if request is None:
        return [track_refused(message, Reason.UNSUPPORTED_TYPE, "not a kind of track that is served")]
    if not message.cid or len(message.cid) > NAME_LIMIT or len(message.name) > NAME_LIMIT:
        return [track_refused(message, Reason.INVALID_REQUEST, "a track needs a cid, and names are bounded")]
    return [AddTrack(request=request, message=message)]


def track_refused(message: rtc.AddTrackRequest, reason: Reason, text: str) -> Reply:
    """The answer to a track that may not be published."""
    return Reply(
        response=rtc.SignalResponse(
            request_response=rtc.RequestResponse(reason=reason, message=text, add_track=message)
        )
    )


def _mute(message: rtc.MuteTrackRequest, permission: Permission, now: float) -> list[Effect]:
    return [Mute(track_sid=TrackSid(message.sid), is_muted=message.muted)]


def subscribed_tracks(message: rtc.UpdateSubscription | room.UpdateSubscriptionsRequest) -> tuple[TrackSid, ...]:
    """All tracks an UpdateSubscription names, in either of its two ways."""
    grouped = [sid for group in message.participant_tracks for sid in group.track_sids]
    return tuple(TrackSid(sid) for sid in dict.fromkeys([*message.track_sids, *grouped]))[:TRACKS_LIMIT]


def _subscription(message: rtc.UpdateSubscription, permission: Permission, now: float) -> list[Effect]:
    return [Subscribe(tracks=subscribed_tracks(message), is_wanted=message.subscribe)]


def _track_setting(message: rtc.UpdateTrackSettings, permission: Permission, now: float) -> list[Effect]:
    tracks = tuple(TrackSid(sid) for sid in message.track_sids[:TRACKS_LIMIT])
    return [SetTracks(tracks=tracks, setting=translate.track_setting(message))]


def _subscription_permission(message: rtc.SubscriptionPermission, permission: Permission, now: float) -> list[Effect]:
    permissions = tuple(translate.track_permissions(message.track_permissions[:TRACKS_LIMIT]))
    return [PermitSubscribers(all_participants=message.all_participants, permissions=permissions)]


def _update_metadata(message: rtc.UpdateParticipantMetadata, permission: Permission, now: float) -> list[Effect]:
    if not permission.can_update_metadata:
        return [responded(message.request_id, Reason.NOT_ALLOWED, "the token does not allow it")]
    change = ParticipantChange(
        name=message.name or None, metadata=message.metadata or None, attributes=dict(message.attributes) or None
    )
    refusal = change_refusal(name=change.name, metadata=change.metadata, attributes=change.attributes)
    if refusal:
        return [responded(message.request_id, Reason.LIMIT_EXCEEDED, refusal)]
    return [Change(change=change, request_id=message.request_id)]


def _leave(message: rtc.LeaveRequest, permission: Permission, now: float) -> list[Effect]:
    return [Leave(reason=LeaveReason.CLIENT_INITIATED), HangUp()]


def _ping(message: int, permission: Permission, now: float) -> list[Effect]:
    return [Reply(response=rtc.SignalResponse(pong=int(now * 1000)))]


def _ping_req(message: rtc.Ping, permission: Permission, now: float) -> list[Effect]:
    pong = rtc.Pong(last_ping_timestamp=message.timestamp, timestamp=int(now * 1000))
    return [Reply(response=rtc.SignalResponse(pong_resp=pong))]


def _sync_state(message: rtc.SyncState, permission: Permission, now: float) -> list[Effect]:
    published = tuple(TrackSid(each.track.sid) for each in message.publish_tracks[:TRACKS_LIMIT])
    states = message.datachannel_receive_states[:TRACKS_LIMIT]
    received = {ParticipantSid(each.publisher_sid): each.last_seq for each in states}
    effects: list[Effect] = [Sync(published=published, received=received)]
    if message.HasField("subscription"):
        effects += _subscription(message.subscription, permission, now)
    disabled = tuple(TrackSid(sid) for sid in message.track_sids_disabled[:TRACKS_LIMIT])
    if disabled:
        effects.append(SetTracks(tracks=disabled, setting=TrackSetting(is_disabled=True)))
    return effects


def _simulate(message: rtc.SimulateScenario, permission: Permission, now: float) -> list[Effect]:
    order = simulation.read(message)
    return [order] if order is not None else []


def unsupported(message: Any) -> list[Effect]:
    """The answer to a request nobody serves: silence, unless its sender waits."""
    request_id = getattr(message, "request_id", 0)
    return [responded(request_id, Reason.UNSUPPORTED_TYPE)] if request_id else []


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        "offer": _offer,
        "answer": _answer,
        "trickle": _trickle,
        "add_track": _add_track,
        "mute": _mute,
        "subscription": _subscription,
        "track_setting": _track_setting,
        "subscription_permission": _subscription_permission,
        "update_metadata": _update_metadata,
        "sync_state": _sync_state,
        "leave": _leave,
        "simulate": _simulate,
        "ping": _ping,
        "ping_req": _ping_req,
    }
)
