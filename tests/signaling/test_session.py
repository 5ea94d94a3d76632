"""A signal session: its first message, its answers, and what ends it."""

import json

import pytest
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from sfu.config import LeaveReason, ParticipantState, Permission, PublisherAnswer
from sfu.errors import (
    LimitExceededError,
    LocalProtocolError,
    NegotiationError,
    NotAllowedError,
    NotFoundError,
    SdpError,
)
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
from signaling.session.session import SessionState, SignalSession, decode
from tests.signaling.builders import a_join_result, a_participant, a_room, a_track

NOW = 1_800_000_000.5
Reason = rtc.RequestResponse.Reason


def an_open_session(permission: Permission | None = None) -> SignalSession:
    session = SignalSession("ND_1")
    who = a_participant(permission=permission or Permission())
    session.joined(a_join_result(participant=who))
    return session


def only_reply(effects: list[Effect]) -> rtc.SignalResponse:
    assert len(effects) == 1 and isinstance(effects[0], Reply)
    return effects[0].response


def asked(session: SignalSession, **message: object) -> list[Effect]:
    return session.handle_frame(rtc.SignalRequest(**message).SerializeToString(), NOW)


def test_the_first_message_has_all_that_clients_unwrap() -> None:
    (reply,) = SignalSession("ND_1").joined(a_join_result(others=(a_participant("binh"),)))
    assert isinstance(reply, Reply)
    join = reply.response.join
    assert join.participant.sid == "PA_an" and join.participant.permission.can_publish
    assert join.room.sid == "RM_hall" and join.room.creation_time == 1_800_000_000
    assert [other.identity for other in join.other_participants] == ["binh"]
    assert join.ping_interval > 0 and join.ping_timeout > join.ping_interval
    assert join.server_version == join.server_info.version and join.server_version.count(".") == 2
    assert join.server_info.node_id == "ND_1"
    assert join.subscriber_primary and join.fast_publish
    assert [codec.mime for codec in join.enabled_publish_codecs] == [
        "video/VP8",
        "video/H264",
        "video/VP9",
        "video/AV1",
        "audio/opus",
    ]


def test_a_recorded_room_asks_for_h264_first() -> None:
    (reply,) = SignalSession("ND_1").joined(a_join_result(room=a_room(auto_record=True)))
    assert isinstance(reply, Reply)
    assert reply.response.join.enabled_publish_codecs[0].mime == "video/H264"


def test_who_is_not_connected_yet_or_hidden_is_not_among_the_others() -> None:
    others = (
        a_participant("binh", state=ParticipantState.JOINED),
        a_participant("chi", permission=Permission(is_hidden=True)),
    )
    (reply,) = SignalSession("ND_1").joined(a_join_result(others=others))
    assert isinstance(reply, Reply) and not reply.response.join.other_participants


def test_joining_twice_is_our_bug() -> None:
    with pytest.raises(LocalProtocolError):
        an_open_session().joined(a_join_result())


def test_both_kinds_of_ping_are_answered() -> None:
    session = an_open_session()
    assert only_reply(asked(session, ping=5)).pong == int(NOW * 1000)
    pong = only_reply(asked(session, ping_req=rtc.Ping(timestamp=7, rtt=1))).pong_resp
    assert (pong.last_ping_timestamp, pong.timestamp) == (7, int(NOW * 1000))


def test_an_answer_carries_the_id_of_its_offer() -> None:
    session = an_open_session()
    (order,) = asked(session, offer=rtc.SessionDescription(type="offer", sdp="v=0", id=9))
    assert order == TakeOffer(sdp="v=0", offer_id=9)
    assert isinstance(order, TakeOffer)
    answer = session.answered(order, PublisherAnswer(sdp="v=1", mid_to_track_id={"3": "TR_x"})).response.answer
    assert (answer.type, answer.sdp, answer.id, answer.mid_to_track_id) == ("answer", "v=1", 9, {"3": "TR_x"})


def test_a_track_is_announced_with_all_that_was_said_of_it() -> None:
    session = an_open_session()
    message = rtc.AddTrackRequest(
        cid="c",
        name="cam",
        type=models.TrackType.VIDEO,
        source=models.TrackSource.CAMERA,
        width=640,
        height=360,
        disable_red=True,
        simulcast_codecs=[rtc.SimulcastCodec(codec="vp8", cid="c")],
        layers=[models.VideoLayer(quality=models.VideoQuality.LOW, width=320, height=180)],
    )
    (order,) = asked(session, add_track=message)
    assert isinstance(order, AddTrack)
    assert (order.request.stream, order.request.other_cids, len(order.request.layers)) == ("camera", (), 1)
    published = session.track_added(order, a_track(passthrough=order.request.passthrough)).response.track_published
    assert published.cid == "c" and published.track.sid == "TR_VCan" and published.track.disable_red


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (rtc.AddTrackRequest(cid="c", type=models.TrackType.DATA), Reason.UNSUPPORTED_TYPE),
        (rtc.AddTrackRequest(type=models.TrackType.VIDEO), Reason.INVALID_REQUEST),
        (rtc.AddTrackRequest(cid="c" * 257, type=models.TrackType.VIDEO), Reason.INVALID_REQUEST),
    ],
)
def test_a_track_that_cannot_be_is_refused_with_the_request_in_the_answer(
    message: rtc.AddTrackRequest, reason: int
) -> None:
    response = only_reply(asked(an_open_session(), add_track=message)).request_response
    assert response.reason == reason and response.add_track == message


@pytest.mark.parametrize(
    ("error", "reason"),
    [(NotAllowedError("no"), Reason.NOT_ALLOWED), (LimitExceededError("20"), Reason.LIMIT_EXCEEDED)],
)
def test_a_track_the_media_plane_refuses_is_answered(error: NotAllowedError, reason: int) -> None:
    session = an_open_session()
    (order,) = asked(session, add_track=rtc.AddTrackRequest(cid="c", type=models.TrackType.AUDIO))
    assert only_reply(session.refused(order, error)).request_response.reason == reason


def test_wishes_about_tracks_become_orders() -> None:
    session = an_open_session()
    assert asked(session, mute=rtc.MuteTrackRequest(sid="TR_1", muted=True)) == [
        Mute(track_sid="TR_1", is_muted=True)  # type: ignore[arg-type]
    ]
    wish = rtc.UpdateSubscription(
        track_sids=["TR_1"],
        subscribe=True,
        participant_tracks=[models.ParticipantTracks(participant_sid="PA_b", track_sids=["TR_2", "TR_1"])],
    )
    (subscribe,) = asked(session, subscription=wish)
    assert isinstance(subscribe, Subscribe) and subscribe.tracks == ("TR_1", "TR_2") and subscribe.is_wanted
    (setting,) = asked(session, track_setting=rtc.UpdateTrackSettings(track_sids=["TR_1"], disabled=True))
    assert isinstance(setting, SetTracks) and setting.setting.is_disabled
    (permit,) = asked(session, subscription_permission=rtc.SubscriptionPermission(all_participants=True))
    assert permit == PermitSubscribers(all_participants=True, permissions=())
    (answer,) = asked(session, answer=rtc.SessionDescription(type="answer", sdp="v", id=3))
    assert answer == TakeAnswer(sdp="v", offer_id=3)


def test_an_answer_without_an_id_answers_the_newest_offer() -> None:
    session = an_open_session()
    session.offered(5)
    (answer,) = asked(session, answer=rtc.SessionDescription(type="answer", sdp="v"))
    assert answer == TakeAnswer(sdp="v", offer_id=5)


def test_own_metadata_needs_the_right() -> None:
    message = rtc.UpdateParticipantMetadata(metadata="hand up", request_id=4)
    response = only_reply(asked(an_open_session(), update_metadata=message)).request_response
    assert (response.request_id, response.reason) == (4, Reason.NOT_ALLOWED)


def test_own_metadata_is_changed_and_confirmed() -> None:
    session = an_open_session(Permission(can_update_metadata=True))
    message = rtc.UpdateParticipantMetadata(metadata="hand up", attributes={"a": ""}, request_id=4)
    (order,) = asked(session, update_metadata=message)
    assert isinstance(order, Change)
    assert (order.change.metadata, order.change.name, order.change.attributes) == ("hand up", None, {"a": ""})
    assert session.changed(order).response.request_response.reason == Reason.OK


@pytest.mark.parametrize(
    "message",
    [
        rtc.UpdateParticipantMetadata(name="n" * 257, request_id=1),
        rtc.UpdateParticipantMetadata(metadata="n" * (512 * 1024 + 1), request_id=1),
        rtc.UpdateParticipantMetadata(attributes={"a": "n" * 64 * 1024}, request_id=1),
    ],
)
def test_endless_metadata_is_refused(message: rtc.UpdateParticipantMetadata) -> None:
    session = an_open_session(Permission(can_update_metadata=True))
    assert only_reply(asked(session, update_metadata=message)).request_response.reason == Reason.LIMIT_EXCEEDED


def test_who_changes_too_often_is_told_to_stop() -> None:
    session = an_open_session(Permission(can_update_metadata=True))
    message = rtc.UpdateParticipantMetadata(metadata="hand up", request_id=4)
    answers = [asked(session, update_metadata=message)[0] for _ in range(21)]
    assert all(isinstance(answer, Change) for answer in answers[:20])
    assert only_reply([answers[20]]).request_response.reason == Reason.LIMIT_EXCEEDED


def test_leaving_is_obeyed_once() -> None:
    session = an_open_session()
    assert asked(session, leave=rtc.LeaveRequest()) == [Leave(reason=LeaveReason.CLIENT_INITIATED), HangUp()]
    assert session.state is SessionState.CLOSED
    assert asked(session, ping=1) == []
    assert session.left(LeaveReason.CLIENT_INITIATED) == []


def test_the_state_of_a_resumed_client_is_taken_apart() -> None:
    session = an_open_session()
    state = rtc.SyncState(
        subscription=rtc.UpdateSubscription(track_sids=["TR_b"], subscribe=False),
        publish_tracks=[rtc.TrackPublishedResponse(cid="c", track=models.TrackInfo(sid="TR_a"))],
        track_sids_disabled=["TR_c"],
        datachannel_receive_states=[rtc.DataChannelReceiveState(publisher_sid="PA_b", last_seq=7)],
    )
    sync, subscribe, disable = asked(session, sync_state=state)
    assert sync == Sync(published=("TR_a",), received={"PA_b": 7})
    assert subscribe == Subscribe(tracks=("TR_b",), is_wanted=False)
    assert isinstance(disable, SetTracks) and disable.tracks == ("TR_c",) and disable.setting.is_disabled


def test_what_is_newer_is_ignored() -> None:
    session = an_open_session()
    assert asked(session, trickle=rtc.TrickleRequest(candidateInit="not json")) == []
    assert session.handle_frame(b"", NOW) == []
    assert session.state is SessionState.OPEN


def test_garbage_ends_the_session_with_a_leave_before_the_close() -> None:
    session = an_open_session()
    reply, leave, hang_up = session.handle_frame(b"\xff\xff\xff", NOW)
    assert isinstance(reply, Reply) and reply.response.leave.action == rtc.LeaveRequest.Action.DISCONNECT
    assert leave == Leave(reason=LeaveReason.STATE_MISMATCH) and hang_up == HangUp()


@given(st.binary(max_size=200))
def test_any_bytes_are_an_order_an_answer_or_the_end(frame: bytes) -> None:
    session = an_open_session()
    session.handle_frame(frame, NOW)
    assert session.state in (SessionState.OPEN, SessionState.CLOSED)


@given(st.text(max_size=200))
def test_any_text_is_an_order_an_answer_or_the_end(frame: str) -> None:
    session = an_open_session()
    session.handle_frame(frame, NOW)
    assert session.state in (SessionState.OPEN, SessionState.CLOSED)


def test_a_text_frame_is_protojson_and_is_answered_in_text() -> None:
    session = an_open_session()
    effects = session.handle_frame(json.dumps({"pingReq": {"timestamp": "7"}, "fromTheFuture": 1}), NOW)
    assert only_reply(effects).pong_resp.last_ping_timestamp == 7
    assert session.is_text
    assert "pongResp" in json_format.MessageToJson(only_reply(effects))


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (SdpError("bad"), rtc.LeaveRequest.Action.DISCONNECT),
        (NegotiationError("late"), rtc.LeaveRequest.Action.RECONNECT),
    ],
)
def test_an_offer_that_cannot_be_used_ends_the_session(error: SdpError, action: int) -> None:
    session = an_open_session()
    effects = session.refused(TakeOffer(sdp="", offer_id=1), error)
    assert isinstance(effects[0], Reply) and effects[0].response.leave.action == action
    assert effects[1:] == [Leave(reason=LeaveReason.MEDIA_FAILURE), HangUp()]


def test_a_track_that_went_away_meanwhile_is_no_offence() -> None:
    session = an_open_session()
    assert session.refused(Mute(track_sid="TR_1", is_muted=True), NotFoundError("gone")) == []  # type: ignore[arg-type]
    assert session.state is SessionState.OPEN


@pytest.mark.parametrize(
    ("reason", "action"),
    [
        (LeaveReason.DUPLICATE_IDENTITY, rtc.LeaveRequest.Action.DISCONNECT),
        (LeaveReason.PARTICIPANT_REMOVED, rtc.LeaveRequest.Action.DISCONNECT),
        (LeaveReason.ROOM_DELETED, rtc.LeaveRequest.Action.DISCONNECT),
        (LeaveReason.SERVER_SHUTDOWN, rtc.LeaveRequest.Action.RECONNECT),
    ],
)
def test_whoever_is_sent_away_is_told_whether_to_come_back(reason: LeaveReason, action: int) -> None:
    reply, hang_up = an_open_session().left(reason)
    assert isinstance(reply, Reply) and hang_up == HangUp()
    assert reply.response.leave.action == action
    assert models.DisconnectReason.Name(reply.response.leave.reason).lower() == reason.value
    assert reply.response.leave.can_reconnect == (action == rtc.LeaveRequest.Action.RECONNECT)


def test_a_text_frame_that_would_hold_up_everybody_is_not_read() -> None:
    with pytest.raises(DecodeError):
        decode('{"subscription":{"trackSids":[' + '"a",' * 100_000 + '"a"]}}')
