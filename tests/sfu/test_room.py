"""The room's laws: identities, versions, publications, who receives what, and when it is over."""

import pytest

from sfu.config import LeaveReason, ParticipantChange, ParticipantState, Permission, RoomRequest
from sfu.errors import AlreadyExistsError, LimitExceededError, NotFoundError
from sfu.ids import ParticipantSid, RoomName, RoomSid, TrackSid
from sfu.media import Source, TrackPermission
from sfu.room import Room
from tests.sfu.rooms import NOW, a_request, a_room, a_track_request, kinds, with_participant, with_track


def test_joining_tells_who_came_and_the_new_count():
    room = a_room()
    events = room.join(ParticipantSid("PA_1"), a_request("ana", name="Ana"), NOW)
    assert kinds(events) == ["ParticipantJoined", "RoomUpdated"]
    assert events[0].participant.name == "Ana"
    assert events[0].participant.joined_at_ms == 1_000_000
    assert events[1].room.num_participants == 1


def test_the_same_identity_replaces_its_earlier_stay():
    room = a_room()
    first = with_participant(room, "ana")
    events = room.join(ParticipantSid("PA_2"), a_request("ana"), NOW)
    assert kinds(events)[:3] == ["ParticipantLeft", "RoomUpdated", "ParticipantJoined"]
    assert events[0].participant.sid == first
    assert events[0].reason is LeaveReason.DUPLICATE_IDENTITY
    assert list(room.participants) == ["PA_2"]


def test_a_full_room_refuses_but_lets_an_identity_come_back():
    room = a_room(max_participants=1)
    with_participant(room, "ana")
    with pytest.raises(LimitExceededError) as refused:
        room.join(ParticipantSid("PA_2"), a_request("binh"), NOW)
    assert refused.value.code == "room_full"
    room.join(ParticipantSid("PA_3"), a_request("ana"), NOW)
    assert list(room.participants) == ["PA_3"]


def test_recorders_and_agents_take_no_place():
    room = a_room(max_participants=1)
    with_participant(room, "bot", permission=Permission(is_agent=True))
    with_participant(room, "ana")
    with_participant(room, "tape", permission=Permission(is_recorder=True))
    with pytest.raises(LimitExceededError):
        with_participant(room, "binh")


def test_a_refused_join_disturbs_nobody():
    room = a_room(max_participants=1)
    with_participant(room, "ana")
    before = room.info()
    with pytest.raises(LimitExceededError):
        room.join(ParticipantSid("PA_2"), a_request("binh"), NOW)
    assert room.info() == before


def test_activation_happens_once():
    room = a_room()
    sid = with_participant(room)
    assert kinds(room.activate(sid)) == ["ParticipantActive"]
    assert room.activate(sid) == []
    assert room.participant(sid).state is ParticipantState.ACTIVE


def test_every_change_grows_the_version():
    room = a_room()
    sid = with_participant(room)
    versions = [room.participant(sid).version]
    room.activate(sid)
    versions.append(room.participant(sid).version)
    room.change(sid, ParticipantChange(metadata="x"))
    versions.append(room.participant(sid).version)
    track = with_track(room, sid)
    versions.append(room.participant(sid).version)
    room.mute(sid, track, True)
    versions.append(room.participant(sid).version)
    room.unpublish(sid, track)
    versions.append(room.participant(sid).version)
    assert versions == sorted(set(versions))


def test_an_announced_track_is_not_seen_until_published():
    room = a_room()
    sid = with_participant(room)
    with_track(room, sid, published=False)
    assert room.participant(sid).info().tracks == ()
    track = with_track(room, sid)
    assert [each.sid for each in room.participant(sid).info().tracks] == [track]


def test_publishing_twice_tells_once():
    room = a_room()
    sid = with_participant(room)
    track = with_track(room, sid)
    assert room.publish(sid, track) == []


def test_the_first_track_makes_a_publisher():
    room = a_room()
    sid = with_participant(room)
    assert room.info().num_publishers == 0
    with_track(room, sid)
    assert room.info().num_publishers == 1
    assert room.participant(sid).info().is_publisher


def test_muting_tells_only_changes():
    room = a_room()
    sid = with_participant(room)
    track = with_track(room, sid)
    assert kinds(room.mute(sid, track, True)) == ["TrackUpdated"]
    assert room.mute(sid, track, True) == []


def test_muting_before_publication_shows_in_the_publication():
    room = a_room()
    sid = with_participant(room)
    track = with_track(room, sid, published=False)
    assert room.mute(sid, track, True) == []
    assert room.participant(sid).publication(track).info().is_muted


def test_leaving_unpublishes_first_and_ends_subscriptions():
    room = a_room()
    ana, binh = with_participant(room, "ana"), with_participant(room, "binh")
    track = with_track(room, ana)
    room.subscribed(binh, ana, track)
    events = room.leave(ana, LeaveReason.CLIENT_INITIATED, NOW)
    assert kinds(events) == ["SubscriptionRemoved", "TrackUnpublished", "ParticipantLeft", "RoomUpdated"]
    assert events[2].participant.state is ParticipantState.LEFT
    assert events[2].participant.leave_reason is LeaveReason.CLIENT_INITIATED
    assert events[2].participant.tracks == ()


def test_leaving_twice_is_nothing():
    room = a_room()
    sid = with_participant(room)
    room.leave(sid, LeaveReason.CLIENT_INITIATED, NOW)
    assert room.leave(sid, LeaveReason.CLIENT_INITIATED, NOW) == []


def test_a_reader_who_leaves_is_not_counted_as_receiving():
    room = a_room()
    ana, binh, chi = (with_participant(room, name) for name in ("ana", "binh", "chi"))
    track = with_track(room, ana)
    assert room.subscribed(binh, ana, track)[0].is_first
    assert not room.subscribed(chi, ana, track)[0].is_first
    assert room.subscribed(chi, ana, track) == []
    room.leave(binh, LeaveReason.CLIENT_INITIATED, NOW)
    room.unsubscribed(chi, ana, track)
    assert room.subscribed(chi, ana, track)[0].is_first


def receives(room, reader, publisher, track):
    return room.receives(
        room.participant(reader), room.participant(publisher), room.participant(publisher).publication(track)
    )


def test_others_receive_what_is_published_and_the_publisher_does_not():
    room = a_room()
    ana, binh = with_participant(room, "ana"), with_participant(room, "binh")
    track = with_track(room, ana)
    assert receives(room, binh, ana, track)
    assert not receives(room, ana, ana, track)
    assert not receives(room, binh, ana, with_track(room, ana, published=False))


def test_without_auto_subscribe_only_named_tracks_are_received():
    room = a_room()
    ana = with_participant(room, "ana")
    binh = with_participant(room, "binh", auto_subscribe=False)
    track, other = with_track(room, ana), with_track(room, ana)
    room.participant(binh).subscriptions.wish([track], True)
    assert receives(room, binh, ana, track)
    assert not receives(room, binh, ana, other)


def test_a_wish_may_come_before_its_track():
    room = a_room()
    ana, binh = with_participant(room, "ana"), with_participant(room, "binh")
    room.participant(binh).subscriptions.wish([TrackSid("TR_next")], False)
    publication = room.participant(ana).announce(TrackSid("TR_next"), a_track_request("late"))
    publication.negotiate(mid="0", codec="vp8", is_simulcast=False)
    room.publish(ana, publication.sid)
    assert not receives(room, binh, ana, publication.sid)


def test_a_refused_track_is_received_only_when_asked_for_again():
    room = a_room()
    ana, binh = with_participant(room, "ana"), with_participant(room, "binh")
    track = with_track(room, ana)
    subscriptions = room.participant(binh).subscriptions
    subscriptions.refuse(track)
    assert not receives(room, binh, ana, track)
    subscriptions.wish([track], True)
    assert receives(room, binh, ana, track)


def test_who_may_not_subscribe_receives_nothing():
    room = a_room()
    ana = with_participant(room, "ana")
    binh = with_participant(room, "binh", permission=Permission(can_subscribe=False))
    assert not receives(room, binh, ana, with_track(room, ana))


def test_a_publisher_may_show_a_track_to_some_only():
    room = a_room()
    ana, binh, chi = (with_participant(room, name) for name in ("ana", "binh", "chi"))
    track, other = with_track(room, ana), with_track(room, ana)
    events = room.show(ana, False, [TrackPermission(identity="binh", track_sids=frozenset({track}))])
    told = {(event.participant_sid, event.track_sid, event.is_allowed) for event in events}
    assert told == {(chi, track, False), (chi, other, False), (binh, other, False)}
    assert receives(room, binh, ana, track) and not receives(room, binh, ana, other)
    assert not receives(room, chi, ana, track)
    again = room.show(ana, False, [TrackPermission(participant_sid=chi, all_tracks=True)])
    assert {(e.participant_sid, e.is_allowed) for e in again} == {(chi, True), (binh, False)}


def test_a_recorder_sees_every_track():
    room = a_room()
    ana = with_participant(room, "ana")
    recorder = with_participant(room, "rec", permission=Permission(is_recorder=True))
    track = with_track(room, ana)
    room.show(ana, False, [])
    assert receives(room, recorder, ana, track)


def test_a_revoked_permission_takes_tracks_away():
    room = a_room()
    sid = with_participant(room)
    with_track(room, sid)
    screen = with_track(room, sid, source=Source.SCREEN_SHARE)
    only_camera = Permission(can_publish_sources=frozenset({Source.CAMERA}))
    events = room.change(sid, ParticipantChange(permission=only_camera))
    assert kinds(events) == ["ParticipantUpdated", "TrackUnpublished"]
    assert events[1].is_forced and events[1].track.sid == screen


def test_a_change_without_effect_tells_nothing():
    room = a_room()
    sid = with_participant(room, attributes={"hand": "up"})
    assert room.change(sid, ParticipantChange(attributes={"hand": "up"})) == []


def test_hidden_participants_are_not_counted():
    room = a_room()
    with_participant(room, "spy", permission=Permission(is_hidden=True))
    assert room.info().num_participants == 0


def test_a_room_nobody_came_to_is_over_after_the_empty_timeout():
    room = a_room(empty_timeout_s=300)
    assert not room.is_over(NOW + 299)
    assert room.is_over(NOW + 300)


def test_a_room_all_left_is_over_after_the_departure_timeout():
    room = a_room(departure_timeout_s=20)
    sid = with_participant(room, now=NOW + 400)
    assert not room.is_over(NOW + 10_000)
    room.leave(sid, LeaveReason.CLIENT_INITIATED, NOW + 500)
    assert not room.is_over(NOW + 519)
    assert room.is_over(NOW + 520)


def test_configuring_changes_only_what_is_given():
    room = a_room(metadata="old")
    events = room.configure(RoomRequest(name=RoomName("lesson"), departure_timeout_s=5, auto_record=True))
    assert kinds(events) == ["RoomUpdated"]
    assert (room.metadata, room.departure_timeout_s, room.auto_record) == ("old", 5, True)
    assert room.configure(RoomRequest(name=RoomName("lesson"))) == []


def test_the_recording_state_is_told_once():
    room = a_room()
    assert kinds(room.set_recording(True)) == ["RecordingChanged", "RoomUpdated"]
    assert room.set_recording(True) == []


def test_unknown_ids_are_told_as_such():
    room = a_room()
    with pytest.raises(NotFoundError):
        room.participant(ParticipantSid("PA_none"))
    sid = with_participant(room)
    with pytest.raises(NotFoundError):
        room.mute(sid, TrackSid("TR_none"), True)


def test_snapshot_and_later_events_make_the_later_snapshot():
    room = a_room()
    ana = with_participant(room, "ana")
    seen = {each.sid: each.info() for each in room.participants.values()}
    events = room.join(ParticipantSid("PA_b"), a_request("binh"), NOW)
    events += room.activate(ana)
    track = with_track(room, ana, published=False)
    room.participant(ana).publication(track).negotiate(mid="1", codec="vp8", is_simulcast=True)
    events += room.publish(ana, track)
    events += room.change(ana, ParticipantChange(name="Ana B", attributes={"a": "1"}))
    events += room.mute(ana, track, True)
    events += room.join(ParticipantSid("PA_b2"), a_request("binh"), NOW)
    for event in events:
        participant = getattr(event, "participant", None)
        if participant and participant.state is ParticipantState.LEFT:
            del seen[participant.sid]
        elif participant:
            seen[participant.sid] = participant
    assert seen == {each.sid: each.info() for each in room.participants.values()}


def test_who_moves_leaves_one_room_and_enters_the_other_as_it_is():
    here, there = a_room(), Room(RoomSid("RM_2"), RoomName("breakout"), NOW)
    sid = with_participant(here, "ana")
    here.activate(sid)
    track = with_track(here, sid)
    here.change(sid, ParticipantChange(name="Ana", attributes={"hand": "up"}, permission=Permission(is_hidden=True)))
    before = here.participant(sid).version
    mover, events = here.send_off(sid, there.name, NOW + 5)
    assert kinds(events) == ["TrackUnpublished", "ParticipantLeft", "RoomUpdated"]
    assert events[1].reason is LeaveReason.MIGRATION and not here.participants
    events = there.take_in(mover, NOW + 5)
    assert kinds(events) == ["ParticipantJoined", "ParticipantActive", "RoomUpdated"]
    info = there.participant(sid).info()
    assert (info.sid, info.room, info.name, info.attributes) == (sid, "breakout", "Ana", {"hand": "up"})
    assert (info.state, info.permission.is_hidden) == (ParticipantState.ACTIVE, True)
    assert info.version > before and info.joined_at_ms == 1_005_000 and info.tracks == ()
    assert kinds(there.publish(sid, track))[0] == "TrackPublished"


def test_a_room_takes_in_nobody_twice_and_no_more_than_fit():
    here, full = a_room(), a_room(max_participants=1)
    sid = with_participant(here, "ana")
    with_participant(full, "ana")
    with pytest.raises(AlreadyExistsError):
        full.check_mover(here.participant(sid))
    binh = with_participant(here, "binh")
    with pytest.raises(LimitExceededError):
        full.check_mover(here.participant(binh))


def test_what_is_shown_to_whom_goes_along():
    here, there = a_room(), Room(RoomSid("RM_2"), RoomName("breakout"), NOW)
    sid = with_participant(here, "ana")
    track = with_track(here, sid)
    here.show(sid, False, [TrackPermission(identity="chi", all_tracks=True)])
    mover, _ = here.send_off(sid, there.name, NOW)
    there.take_in(mover, NOW)
    chi, dung = (there.participant(with_participant(there, identity)) for identity in ("chi", "dung"))
    assert mover.shows(track, chi) and not mover.shows(track, dung)


def test_a_recorder_in_the_room_makes_it_recorded():
    room = a_room()
    with_participant(room, "ana")
    assert not room.info().is_recording
    tape = with_participant(room, "tape", permission=Permission(is_recorder=True, is_hidden=True))
    assert room.info().is_recording
    room.leave(tape, LeaveReason.CLIENT_INITIATED, NOW)
    assert not room.info().is_recording


def test_nothing_of_a_hidden_participant_is_received():
    room = a_room()
    ana, binh = with_participant(room, "ana"), with_participant(room, "binh")
    track = with_track(room, ana)
    who, reader = room.participant(ana), room.participant(binh)
    assert room.receives(reader, who, who.publication(track))
    events = room.change(ana, ParticipantChange(permission=Permission(is_hidden=True)))
    assert kinds(events) == ["ParticipantUpdated", "RoomUpdated"] and not events[0].was_hidden
    assert not room.receives(reader, who, who.publication(track))


def test_a_hidden_reader_is_not_the_first_that_is_told():
    room = a_room()
    ana = with_participant(room, "ana")
    spy = with_participant(room, "spy", permission=Permission(is_hidden=True))
    binh = with_participant(room, "binh")
    track = with_track(room, ana)
    assert not room.subscribed(spy, ana, track)[0].is_first
    assert room.subscribed(binh, ana, track)[0].is_first
