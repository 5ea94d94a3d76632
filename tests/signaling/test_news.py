"""What the clients of a room are told of an event, and who is told."""

from livekit.protocol import models, rtc

from sfu.config import LeaveReason, ParticipantState, Permission
from sfu.events import (
    ConnectionQualityChanged,
    ParticipantActive,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantUpdated,
    RoomUpdated,
    Speaker,
    SpeakersChanged,
    StreamState,
    StreamStatesChanged,
    SubscribedQualityChanged,
    SubscriberOffer,
    SubscriptionAdded,
    SubscriptionPermissionChanged,
    TrackPublished,
    TrackUnpublished,
)
from sfu.ids import ParticipantSid, TrackSid
from sfu.media import ConnectionQuality, MeasuredQuality, Quality
from signaling.session.news import news
from tests.signaling.builders import ROOM, a_participant, a_room, a_track

AN, BINH = ParticipantSid("PA_an"), ParticipantSid("PA_binh")


def test_an_arrival_is_told_to_everybody() -> None:
    (told,) = news(ParticipantActive(room=ROOM, participant=a_participant()))
    assert (told.room, told.only, told.but) == (ROOM, None, None)
    assert told.response.update.participants[0].identity == "an"


def test_who_is_not_connected_yet_is_not_told_of() -> None:
    joined = a_participant(state=ParticipantState.JOINED)
    assert news(ParticipantJoined(room=ROOM, participant=joined)) == []
    (told,) = news(ParticipantUpdated(room=ROOM, participant=joined))
    assert told.only == AN


def test_the_hidden_hear_of_themselves_alone() -> None:
    hidden = a_participant(permission=Permission(is_hidden=True))
    (told,) = news(ParticipantActive(room=ROOM, participant=hidden))
    assert told.only == AN
    left = ParticipantLeft(room=ROOM, participant=hidden, reason=LeaveReason.CLIENT_INITIATED)
    assert news(left) == []


def test_a_publication_comes_with_its_track() -> None:
    event = TrackPublished(room=ROOM, participant=a_participant(tracks=(a_track(),)), track=a_track())
    (told,) = news(event)
    assert told.response.update.participants[0].tracks[0].sid == "TR_VCan" and told.only is None


def test_a_departure_is_told_to_the_others_with_its_reason() -> None:
    event = ParticipantLeft(room=ROOM, participant=a_participant(), reason=LeaveReason.PARTICIPANT_REMOVED)
    (told,) = news(event)
    who = told.response.update.participants[0]
    assert told.but == AN and who.state == 3 and who.disconnect_reason == 4


def test_a_track_taken_away_is_told_to_its_publisher_too() -> None:
    gone = TrackUnpublished(room=ROOM, participant=a_participant(), track=a_track(), is_forced=False)
    assert len(news(gone)) == 1
    taken = TrackUnpublished(room=ROOM, participant=a_participant(), track=a_track(), is_forced=True)
    update, order = news(taken)
    assert update.only is None
    assert order.only == AN and order.response.track_unpublished.track_sid == "TR_VCan"


def test_only_the_first_subscription_is_told_to_the_publisher() -> None:
    def added(is_first: bool) -> SubscriptionAdded:
        return SubscriptionAdded(
            room=ROOM, participant_sid=BINH, publisher_sid=AN, track_sid=TrackSid("TR_1"), is_first=is_first
        )

    assert news(added(False)) == []
    (told,) = news(added(True))
    assert told.only == AN and told.response.track_subscribed.track_sid == "TR_1"


def test_an_offer_goes_to_its_subscriber_with_the_map_of_mids() -> None:
    event = SubscriberOffer(room=ROOM, participant_sid=BINH, offer_id=5, sdp="v=0", mid_to_track_id={"0": "TR_1"})
    (told,) = news(event)
    offer = told.response.offer
    assert told.only == BINH
    assert (offer.type, offer.id, offer.sdp, dict(offer.mid_to_track_id)) == ("offer", 5, "v=0", {"0": "TR_1"})


def test_a_withdrawn_permission_is_told_to_the_reader() -> None:
    event = SubscriptionPermissionChanged(
        room=ROOM, participant_sid=BINH, publisher_sid=AN, track_sid=TrackSid("TR_1"), is_allowed=False
    )
    (told,) = news(event)
    update = told.response.subscription_permission_update
    assert told.only == BINH and (update.participant_sid, update.track_sid, update.allowed) == (AN, "TR_1", False)


def test_a_paused_stream_is_told_to_its_subscriber_alone() -> None:
    states = (
        StreamState(publisher_sid=AN, track_sid=TrackSid("TR_1"), is_paused=True),
        StreamState(publisher_sid=AN, track_sid=TrackSid("TR_2"), is_paused=False),
    )
    (told,) = news(StreamStatesChanged(room=ROOM, participant_sid=BINH, states=states))
    found = told.response.stream_state_update.stream_states
    assert told.only == BINH
    assert [(each.participant_sid, each.track_sid, each.state) for each in found] == [
        (AN, "TR_1", rtc.StreamState.PAUSED),
        (AN, "TR_2", rtc.StreamState.ACTIVE),
    ]


def test_speakers_and_the_room_are_told_to_everybody() -> None:
    speakers = (Speaker(participant_sid=AN, level=0.5, is_active=True),)
    (told,) = news(SpeakersChanged(room=ROOM, speakers=speakers))
    assert told.only is None and told.response.speakers_changed.speakers[0].level == 0.5
    (told,) = news(SpeakersChanged(room=ROOM, speakers=speakers, only_to=BINH))
    assert told.only == BINH
    (told,) = news(RoomUpdated(room=a_room(is_recording=True)))
    assert told.only is None and told.response.room_update.room.active_recording


def test_a_publisher_is_told_what_is_wanted_in_both_ways() -> None:
    for quality, enabled in ((Quality.OFF, [False] * 3), (Quality.MEDIUM, [True, True, False])):
        event = SubscribedQualityChanged(
            room=ROOM, participant_sid=AN, track_sid=TrackSid("TR_1"), codec_name="vp8", quality=quality
        )
        (told,) = news(event)
        update = told.response.subscribed_quality_update
        assert told.only == AN and update.track_sid == "TR_1"
        assert [one.quality for one in update.subscribed_qualities] == [0, 1, 2]
        assert [one.enabled for one in update.subscribed_qualities] == enabled
        (codec,) = update.subscribed_codecs
        assert codec.codec == "vp8" and list(codec.qualities) == list(update.subscribed_qualities)


def test_a_publisher_of_two_codecs_is_told_of_both_each_time() -> None:
    event = SubscribedQualityChanged(
        room=ROOM,
        participant_sid=AN,
        track_sid=TrackSid("TR_1"),
        codec_name="vp9",
        quality=Quality.HIGH,
        backup=("vp8", Quality.LOW),
    )
    (told,) = news(event)
    codecs = told.response.subscribed_quality_update.subscribed_codecs
    assert [codec.codec for codec in codecs] == ["vp9", "vp8"]
    enabled = [[one.enabled for one in codec.qualities] for codec in codecs]
    assert enabled == [[True, True, True], [True, False, False]]


def test_qualities_are_told_to_one_on_the_scale_of_opinions() -> None:
    best = MeasuredQuality(quality=ConnectionQuality.EXCELLENT, score=100)
    worst = MeasuredQuality(quality=ConnectionQuality.LOST, score=0)
    (told,) = news(ConnectionQualityChanged(room=ROOM, participant_sid=AN, qualities=((AN, best), (BINH, worst))))
    assert told.only == AN
    updates = [(one.participant_sid, one.quality, one.score) for one in told.response.connection_quality.updates]
    assert updates == [(AN, models.ConnectionQuality.EXCELLENT, 4.5), (BINH, models.ConnectionQuality.LOST, 1.0)]
