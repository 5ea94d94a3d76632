"""What the clients of a room are told of an event: the messages and their audience.

Order is kept: whoever is offered a track has been told of it before, because the media plane's events come in
that order and each is translated at once.
"""

from dataclasses import dataclass

from livekit.protocol import rtc

from sfu.config import LeaveReason, ParticipantInfo
from sfu.events import (
    ConnectionQualityChanged,
    Event,
    ParticipantActive,
    ParticipantLeft,
    ParticipantUpdated,
    RoomUpdated,
    SectionsNeeded,
    SpeakersChanged,
    StreamStatesChanged,
    SubscribedQualityChanged,
    SubscriberOffer,
    SubscriptionAdded,
    SubscriptionPermissionChanged,
    TrackPublished,
    TrackUnpublished,
    TrackUpdated,
)
from sfu.ids import ParticipantSid, RoomName
from signaling.session import snapshot, translate


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A message for a room: for everybody, for `only` one, or for everybody `but` one.

    `room` None: for one wherever it is, because what is said is about its transports.
    """

    room: RoomName | None
    response: rtc.SignalResponse
    only: ParticipantSid | None = None
    but: ParticipantSid | None = None


def news(event: Event) -> list[News]:
    """The messages an event causes, in order. Data and the end of a stay are not news."""
    match event:
        case ParticipantActive() | ParticipantUpdated() | TrackPublished() | TrackUpdated():
            return _changed(event)
        case TrackUnpublished():
            return _unpublished(event)
        case ParticipantLeft():
            return _departed(event)
        case RoomUpdated():
            update = rtc.RoomUpdate(room=translate.room(event.room))
            return [News(room=event.room.name, response=rtc.SignalResponse(room_update=update))]
        case SpeakersChanged():
            speakers = [translate.speaker(one) for one in event.speakers]
            changed = rtc.SpeakersChanged(speakers=speakers)
            return [News(room=event.room, response=rtc.SignalResponse(speakers_changed=changed), only=event.only_to)]
        case ConnectionQualityChanged() | SubscribedQualityChanged():
            return [News(room=event.room, response=_quality(event), only=event.participant_sid)]
        case StreamStatesChanged():
            return [_streams(event)]
        case SubscriberOffer() | SectionsNeeded():
            return [_negotiation(event)]
        case SubscriptionAdded() | SubscriptionPermissionChanged():
            return _subscription(event)
    return []


def _update(room: RoomName, participant: ParticipantInfo) -> News:
    only = None if snapshot.is_announced(participant) else participant.sid
    return News(room=room, response=snapshot.participants(participant), only=only)


def _changed(event: ParticipantActive | ParticipantUpdated | TrackPublished | TrackUpdated) -> list[News]:
    """Who has become hidden is gone to the others."""
    who = event.participant
    told = [_update(event.room, who)]
    if isinstance(event, ParticipantUpdated) and who.permission.is_hidden and not event.was_hidden:
        gone = snapshot.departed(who, LeaveReason.UNKNOWN)
        told.append(News(room=event.room, response=gone, but=who.sid))
    return told


def _departed(event: ParticipantLeft) -> list[News]:
    if event.participant.permission.is_hidden:
        return []
    return [
        News(room=event.room, response=snapshot.departed(event.participant, event.reason), but=event.participant.sid)
    ]


def _unpublished(event: TrackUnpublished) -> list[News]:
    told = [_update(event.room, event.participant)]
    if event.is_forced:
        taken = rtc.TrackUnpublishedResponse(track_sid=event.track.sid)
        response = rtc.SignalResponse(track_unpublished=taken)
        told.append(News(room=event.room, response=response, only=event.participant.sid))
    return told


def _quality(event: ConnectionQualityChanged | SubscribedQualityChanged) -> rtc.SignalResponse:
    if isinstance(event, ConnectionQualityChanged):
        return rtc.SignalResponse(connection_quality=translate.connection_quality(event))
    return rtc.SignalResponse(subscribed_quality_update=translate.subscribed_quality(event))


def _streams(event: StreamStatesChanged) -> News:
    states = [
        rtc.StreamStateInfo(
            participant_sid=state.publisher_sid,
            track_sid=state.track_sid,
            state=rtc.StreamState.PAUSED if state.is_paused else rtc.StreamState.ACTIVE,
        )
        for state in event.states
    ]
    update = rtc.StreamStateUpdate(stream_states=states)
    return News(room=event.room, response=rtc.SignalResponse(stream_state_update=update), only=event.participant_sid)


def _negotiation(event: SubscriberOffer | SectionsNeeded) -> News:
    if isinstance(event, SectionsNeeded):
        need = rtc.MediaSectionsRequirement(num_audios=event.audios, num_videos=event.videos)
        response = rtc.SignalResponse(media_sections_requirement=need)
    else:
        offer = rtc.SessionDescription(
            type="offer", sdp=event.sdp, id=event.offer_id, mid_to_track_id=event.mid_to_track_id
        )
        response = rtc.SignalResponse(offer=offer)
    return News(room=None, response=response, only=event.participant_sid)


def _subscription(event: SubscriptionAdded | SubscriptionPermissionChanged) -> list[News]:
    match event:
        case SubscriptionAdded(is_first=False):
            return []
        case SubscriptionAdded():
            only = event.publisher_sid
            response = rtc.SignalResponse(track_subscribed=rtc.TrackSubscribed(track_sid=event.track_sid))
        case SubscriptionPermissionChanged():
            only = event.participant_sid
            update = rtc.SubscriptionPermissionUpdate(
                participant_sid=event.publisher_sid, track_sid=event.track_sid, allowed=event.is_allowed
            )
            response = rtc.SignalResponse(subscription_permission_update=update)
    return [News(room=event.room, response=response, only=only)]
