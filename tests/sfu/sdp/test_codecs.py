"""Which codec of an offer is taken."""

from sfu.media import Codec
from sfu.sdp.codecs import DOWN, choose, offered, parameters
from sfu.sdp.description import MediaSection, parse
from tests.sfu.builders import chrome_offer

CAMERA = parse(chrome_offer()).media[1]
MICROPHONE = parse(chrome_offer()).media[0]


def test_only_usable_codecs_are_seen_in_the_offers_order():
    assert [(each.number, each.codec) for each in offered(CAMERA)] == [
        (96, Codec.VP8),
        (102, Codec.H264),
        (108, Codec.H264),
        (45, Codec.AV1),
        (98, Codec.VP9),
    ]
    assert [each.number for each in offered(MICROPHONE)] == [111]


def test_each_codec_knows_its_retransmissions():
    assert [each.rtx for each in offered(CAMERA)] == [97, 103, 109, 46, 99]


def test_feedback_is_what_both_sides_know():
    assert offered(CAMERA)[0].feedback == ("transport-cc", "ccm fir", "nack", "nack pli")
    assert offered(MICROPHONE)[0].feedback == ("transport-cc",)


def test_who_knows_no_transport_wide_feedback_is_told_by_remb():
    section = MediaSection(kind="video", formats=["96"])
    section.add("rtpmap", "96 VP8/90000")
    for feedback in ("goog-remb", "nack", "nack pli"):
        section.add("rtcp-fb", f"96 {feedback}")
    assert offered(section)[0].feedback == ("nack", "nack pli", "goog-remb")


def test_subscribers_are_offered_both():
    assert {"transport-cc", "goog-remb"} <= set(DOWN[Codec.VP8].feedback)
    assert "goog-remb" not in DOWN[Codec.OPUS].feedback


def test_of_vp9_and_av1_only_the_profile_that_everybody_decodes_is_taken():
    assert not _taken("98 VP9/90000", "98 profile-id=2")
    assert _taken("98 VP9/90000", "98 profile-id=0") and _taken("98 VP9/90000", "99 apt=98")
    assert not _taken("45 AV1/90000", "45 level-idx=5;profile=1;tier=0")
    assert _taken("45 AV1/90000", "45 level-idx=5;profile=0;tier=0")


def _taken(rtpmap: str, fmtp: str) -> bool:
    section = MediaSection(kind="video", formats=[rtpmap.split(" ")[0]])
    section.add("rtpmap", rtpmap)
    section.add("fmtp", fmtp)
    return bool(offered(section))


def test_without_preference_the_offerer_chooses():
    chosen = choose(CAMERA, ())
    assert chosen and chosen.codec is Codec.VP8


def test_a_recorded_room_gets_constrained_baseline_h264():
    chosen = choose(CAMERA, (Codec.H264, Codec.VP8))
    assert chosen and chosen.number == 108


def test_packetization_mode_0_and_high_profile_are_not_taken():
    text = (
        "v=0\nm=video 9 UDP/TLS/RTP/SAVPF 1 2\na=mid:0\n"
        "a=rtpmap:1 H264/90000\na=fmtp:1 packetization-mode=0;profile-level-id=42e01f\n"
        "a=rtpmap:2 H264/90000\na=fmtp:2 packetization-mode=1;profile-level-id=640c1f\n"
    )
    assert choose(parse(text).media[0], (Codec.H264,)) is None


def test_a_codec_of_the_other_kind_is_not_taken():
    text = "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 1\na=mid:0\na=rtpmap:1 VP8/90000\n"
    assert offered(parse(text).media[0]) == []


def test_parameters_are_read_whatever_their_case_and_spaces():
    assert parameters("Profile-Level-Id=42E01F; apt=96;flag") == {
        "profile-level-id": "42E01F",
        "apt": "96",
        "flag": "",
    }
