"""Which of the client's sections carries which track, where the client makes all the offers."""

from sfu.ids import ParticipantSid, TrackSid
from sfu.media import Codec
from sfu.sdp.description import parse
from sfu.sdp.down_track import DownTrackSpec
from sfu.sdp.placement import MAX_SECTIONS, Placement
from sfu.sdp.publisher import read_offer, write_answer
from tests.sfu.builders import a_description, a_local_transport, a_video_section, an_audio_section

EXTENSIONS = (
    "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
)


def a_track(name, codec=Codec.VP8, ssrc=1000):
    return DownTrackSpec(
        track_sid=TrackSid(name),
        publisher_sid=ParticipantSid("PA_x"),
        codec=codec,
        ssrc=ssrc,
        rtx_ssrc=0 if codec is Codec.OPUS else ssrc + 1,
    )


def an_offer(audios=1, videos=1, direction="recvonly"):
    sections = [an_audio_section(f"a{number}", direction) for number in range(audios)]
    sections += [a_video_section(f"v{number}", direction, *EXTENSIONS) for number in range(videos)]
    return read_offer(a_description(*sections))


def given(placement, offer):
    """The answer that was planned and given."""
    placed = placement.plan(offer)
    placement.commit(offer, placed)
    return placed


def directions(offer, placed):
    answer = parse(write_answer(offer, a_local_transport(), 1, placed.sections))
    return {section.mid: section.direction for section in answer.media}


def test_tracks_go_into_the_sections_in_which_the_client_receives():
    placement = Placement()
    placement.add(a_track("TR_a", Codec.OPUS))
    placement.add(a_track("TR_v"))
    offer = an_offer(audios=2)
    placed = given(placement, offer)
    assert placed.mids == {"a0": "TR_a", "v0": "TR_v"}
    assert directions(offer, placed) == {"a0": "sendonly", "a1": "inactive", "v0": "sendonly"}
    assert placement.ask() is None


def test_payload_types_and_extensions_are_the_offerers():
    placement = Placement()
    placement.add(a_track("TR_v"))
    accepted = placement.plan(an_offer()).accepted[TrackSid("TR_v")]
    assert (accepted.payload_type.number, accepted.payload_type.rtx) == (96, 97)
    # transport-wide numbers are of no use to who does not acknowledge them
    assert accepted.extensions == {"mid": 9}


def test_the_answer_says_whose_track_it_is_and_under_which_ssrcs():
    placement = Placement()
    placement.add(a_track("TR_v", ssrc=77))
    offer = an_offer(audios=0)
    (section,) = parse(write_answer(offer, a_local_transport(), 1, placement.plan(offer).sections)).media
    assert section.first("msid") == "PA_x|TR_v TR_v"
    assert section.first("ssrc-group") == "FID 77 78"


def test_missing_sections_are_asked_for_once():
    placement = Placement()
    for number in range(3):
        placement.add(a_track(f"TR_{number}"))
    placement.add(a_track("TR_a", Codec.OPUS))
    given(placement, an_offer(audios=0, videos=1))
    assert placement.ask() == (1, 2)
    assert placement.ask() is None
    placement.add(a_track("TR_3"))
    assert placement.ask() == (0, 1)


def test_an_offer_that_was_already_on_its_way_does_not_make_us_ask_again():
    placement = Placement()
    given(placement, an_offer(videos=0))
    placement.add(a_track("TR_v"))
    assert placement.ask() == (0, 1)
    given(placement, an_offer(videos=0))
    assert placement.ask() is None and placement.is_owed
    assert given(placement, an_offer(videos=1)).mids == {"v0": "TR_v"}
    assert placement.ask() is None


def test_what_was_asked_for_and_never_came_is_asked_for_again():
    placement = Placement()
    given(placement, an_offer(videos=0))
    placement.add(a_track("TR_v"))
    assert placement.ask() == (0, 1)
    placement.ask_again()
    assert placement.ask() == (0, 1)


def test_a_section_whose_track_is_gone_is_inactive_once_before_it_carries_another():
    placement = Placement()
    placement.add(a_track("TR_1"))
    offer = an_offer(audios=0)
    given(placement, offer)
    placement.remove(TrackSid("TR_1"))
    placement.add(a_track("TR_2", ssrc=2000))
    assert placement.ask() == (0, 0)
    assert directions(offer, given(placement, offer)) == {"v0": "inactive"}
    assert placement.ask() == (0, 0)
    assert given(placement, offer).mids == {"v0": "TR_2"}
    assert placement.ask() is None


def test_a_track_that_is_taken_again_comes_as_a_new_one():
    placement = Placement()
    placement.add(a_track("TR_1"))
    offer = an_offer(audios=0)
    given(placement, offer)
    placement.remove(TrackSid("TR_1"))
    placement.add(a_track("TR_1", ssrc=2000))
    assert given(placement, offer).mids == {}
    assert given(placement, offer).mids == {"v0": "TR_1"}


def test_clients_that_lose_reused_sections_get_new_ones():
    placement = Placement(can_reuse_sections=False)
    placement.add(a_track("TR_1"))
    given(placement, an_offer(audios=0))
    placement.remove(TrackSid("TR_1"))
    placement.add(a_track("TR_2", ssrc=2000))
    assert placement.ask() == (0, 1)
    assert given(placement, an_offer(audios=0, videos=2)).mids == {"v1": "TR_2"}


def test_what_the_client_cannot_play_is_refused_and_the_section_stays_free():
    placement = Placement()
    placement.add(a_track("TR_h", Codec.H264))
    placement.add(a_track("TR_v", ssrc=2000))
    placed = given(placement, an_offer(audios=0))
    assert placed.refused == {"TR_h"} and placed.mids == {"v0": "TR_v"}
    assert placement.ask() is None


def test_a_section_may_carry_both_ways():
    placement = Placement()
    placement.add(a_track("TR_v"))
    offer = an_offer(audios=0, direction="sendrecv")
    assert directions(offer, given(placement, offer)) == {"v0": "sendrecv"}


def test_sections_that_only_receive_come_first():
    placement = Placement()
    placement.add(a_track("TR_v"))
    both, receiving = a_video_section("0", "sendrecv"), a_video_section("1", "recvonly")
    assert given(placement, read_offer(a_description(both, receiving))).mids == {"1": "TR_v"}


def test_a_track_whose_section_the_client_closes_moves_to_another():
    placement = Placement()
    placement.add(a_track("TR_v"))
    given(placement, read_offer(a_description(a_video_section("0", "recvonly"))))
    offer = read_offer(a_description(a_video_section("0", "sendonly"), a_video_section("1", "recvonly")))
    placed = given(placement, offer)
    assert placed.moved == {"TR_v"} and placed.mids == {"1": "TR_v"}


def test_a_plan_changes_nothing():
    placement = Placement()
    placement.add(a_track("TR_v"))
    offer = an_offer()
    assert placement.plan(offer) == placement.plan(offer)


def test_no_client_is_asked_for_more_than_it_can_offer():
    placement = Placement()
    given(placement, an_offer(audios=3, videos=3))
    for number in range(1000):
        placement.add(a_track(f"TR_{number}", ssrc=number * 2 + 1))
    assert placement.ask() == (0, MAX_SECTIONS - 6)
    assert placement.ask() is None
