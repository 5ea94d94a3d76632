"""Announcing tracks and finding them again in an offer."""

import pytest

from sfu.config import ParticipantChange, Permission
from sfu.errors import LimitExceededError, LocalProtocolError, NotAllowedError, NotFoundError
from sfu.ids import ParticipantSid, RoomName, TrackSid
from sfu.media import Codec, Kind, Source
from sfu.participant import MAX_PENDING_TRACKS, Participant
from tests.sfu.rooms import a_request, a_track_request


def a_participant(**options):
    return Participant(ParticipantSid("PA_1"), RoomName("r"), a_request(**options), 0)


def announce(participant, name, **options):
    return participant.announce(TrackSid(name), a_track_request(name + "-cid", **options))


def test_a_source_that_is_not_granted_is_refused():
    participant = a_participant(permission=Permission(can_publish_sources=frozenset({Source.MICROPHONE})))
    with pytest.raises(NotAllowedError):
        announce(participant, "TR_1", source=Source.CAMERA)
    announce(participant, "TR_2", source=Source.MICROPHONE, kind=Kind.AUDIO)


def test_nobody_without_the_right_publishes():
    with pytest.raises(NotAllowedError):
        announce(a_participant(permission=Permission(can_publish=False)), "TR_1")


def test_twenty_tracks_may_wait_for_an_offer():
    participant = a_participant()
    for number in range(MAX_PENDING_TRACKS):
        announce(participant, f"TR_{number}")
    with pytest.raises(LimitExceededError):
        announce(participant, "TR_more")
    participant.publication(TrackSid("TR_0")).negotiate(mid="0", codec=Codec.VP8, is_simulcast=False)
    announce(participant, "TR_more")


def test_a_section_is_matched_by_client_id():
    participant = a_participant()
    announce(participant, "TR_1")
    announce(participant, "TR_2")
    found = participant.announced("TR_2-cid", "video")
    assert found and found.sid == "TR_2"


def test_a_backup_codecs_client_id_counts_too():
    participant = a_participant()
    announce(participant, "TR_1")
    announce(participant, "TR_2", other_cids=("backup",))
    found = participant.announced("backup", "video")
    assert found and found.sid == "TR_2"


def test_a_changed_client_id_falls_back_to_the_first_of_that_kind():
    participant = a_participant()
    announce(participant, "TR_a", kind=Kind.AUDIO)
    announce(participant, "TR_v")
    found = participant.announced("changed", "video")
    assert found and found.sid == "TR_v"
    assert participant.announced("", "audio").sid == "TR_a"


def test_a_negotiated_track_is_not_matched_again():
    participant = a_participant()
    announce(participant, "TR_1").negotiate(mid="0", codec=Codec.VP8, is_simulcast=False)
    assert participant.announced("TR_1-cid", "video") is None


def test_media_without_negotiation_is_our_bug():
    participant = a_participant()
    with pytest.raises(LocalProtocolError):
        announce(participant, "TR_1").publish()


def test_an_empty_attribute_is_deleted():
    participant = a_participant(attributes={"a": "1", "b": "2"})
    assert participant.change(ParticipantChange(attributes={"a": "", "c": "3"}))
    assert participant.attributes == {"b": "2", "c": "3"}


def test_snapshots_do_not_change_afterwards():
    participant = a_participant(attributes={"a": "1"})
    before = participant.info()
    participant.change(ParticipantChange(attributes={"a": "2"}))
    assert before.attributes == {"a": "1"}


def a_track_with_backup(participant):
    publication = announce(participant, "TR_1", codec_name="vp9", backup_codec_name="vp8")
    publication.negotiate(mid="0", codec=Codec.VP9, is_simulcast=False)
    return publication


def test_a_second_codec_is_found_by_its_own_id_once_it_is_announced():
    participant = a_participant()
    publication = a_track_with_backup(participant)
    assert participant.backup_called("second") is None
    participant.extend(a_track_request("second", codec_name="vp8", extends=TrackSid("TR_1")))
    assert participant.backup_called("second") is publication
    assert participant.announced_codecs() == {"TR_1-cid": (Codec.VP9, False), "second": (Codec.VP8, True)}
    publication.negotiate_backup(mid="7", codec=Codec.VP8)
    assert participant.backup_called("second") is None
    backup = publication.info().backup
    assert backup and (backup.codec, backup.mid, backup.cid) == (Codec.VP8, "7", "second")
    publication.end_backup()
    assert publication.info().backup is None


def test_only_a_track_that_said_so_has_a_second_codec():
    participant = a_participant()
    announce(participant, "TR_1", codec_name="vp8", backup_codec_name="vp8").negotiate(
        mid="0", codec=Codec.VP8, is_simulcast=False
    )
    with pytest.raises(NotAllowedError):
        participant.extend(a_track_request("second", extends=TrackSid("TR_1")))
    with pytest.raises(NotFoundError):
        participant.extend(a_track_request("second", extends=TrackSid("TR_9")))
