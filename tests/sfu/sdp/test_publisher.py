"""The publisher's offer and our answer."""

import time

import pytest

from sfu.errors import SdpError
from sfu.media import AudioMode, Codec, Kind
from sfu.sdp.description import parse
from sfu.sdp.publisher import RECORDED_PREFERENCE, Encoding, read_offer, simulcast_rids, write_answer
from tests.sfu.builders import (
    FINGERPRINT,
    a_description,
    a_local_transport,
    a_video_section,
    an_audio_section,
    chrome_offer,
)


def answered(text, preferred=()):
    return parse(write_answer(read_offer(text, preferred), a_local_transport(), 1))


def test_only_sending_sections_are_tracks():
    offer = read_offer(chrome_offer())
    assert [(each.mid, each.kind) for each in offer.sending] == [
        ("0", Kind.AUDIO),
        ("1", Kind.VIDEO),
        ("2", Kind.VIDEO),
    ]
    assert offer.data_mid == "5"


def test_the_second_token_of_msid_is_the_cid():
    offer = read_offer(chrome_offer())
    assert offer.sending[0].cid == "6b280a26-8173-436b-ad47-9f271db2744d"
    assert offer.sending[0].stream == "-"


def test_simulcast_encodings_are_lowest_first_whatever_the_offers_order():
    rids = ("a=rid:f send", "a=rid:q send", "a=rid:h send", "a=simulcast:send f;h;q")
    offer = read_offer(a_description(a_video_section("1", "sendonly", *rids)))
    assert [each.rid for each in offer.sending[0].encodings] == ["q", "h", "f"]
    assert offer.sending[0].is_simulcast


def test_numbered_rids_count_from_the_full_picture_down_as_obs_does():
    rids = ("a=rid:0 send", "a=rid:1 send", "a=rid:2 send", "a=simulcast:send 0;1;2")
    offer = read_offer(a_description(a_video_section("1", "sendonly", *rids)))
    assert [each.rid for each in offer.sending[0].encodings] == ["2", "1", "0"]
    (section,) = answered(a_description(a_video_section("1", "sendonly", *rids))).media
    assert section.first("simulcast") == "recv 0;1;2"


def test_unknown_rids_keep_the_offers_order():
    rids = ("a=rid:hi send", "a=rid:lo send max-width=320", "a=simulcast:send hi;~lo,hi")
    offer = read_offer(a_description(a_video_section("1", "sendonly", *rids)))
    assert [each.rid for each in offer.sending[0].encodings] == ["hi", "lo"]


def test_simulcast_lists_only_rids_that_are_declared():
    section = parse(
        a_description(a_video_section("1", "sendonly", "a=rid:q send", "a=simulcast:recv x send q;z"))
    ).media[0]
    assert simulcast_rids(section) == ["q"]


def test_ssrcs_and_their_retransmissions_are_read():
    lines = ("a=ssrc-group:FID 5 6", "a=ssrc:5 cname:x", "a=ssrc:6 cname:x")
    offer = read_offer(a_description(a_video_section("1", "sendonly", *lines)))
    assert offer.sending[0].encodings == (Encoding(ssrc=5, rtx_ssrc=6),)


def test_a_sim_group_is_simulcast_without_rids():
    lines = ("a=ssrc-group:SIM 1 2 3", "a=ssrc-group:FID 1 11", "a=ssrc:1 cname:x")
    offer = read_offer(a_description(a_video_section("1", "sendonly", *lines)))
    assert offer.sending[0].encodings == (
        Encoding(ssrc=1, rtx_ssrc=11),
        Encoding(ssrc=2),
        Encoding(ssrc=3),
    )


def test_a_section_without_ssrc_lines_has_one_unknown_encoding():
    assert read_offer(a_description(an_audio_section())).sending[0].encodings == (Encoding(),)


def test_cid_is_found_in_ssrc_lines_too():
    offer = read_offer(a_description(an_audio_section("0", "sendonly", "a=ssrc:7 msid:s t-1")))
    assert offer.sending[0].cid == "t-1"


def test_the_answer_keeps_order_mids_and_bundle():
    answer = answered(chrome_offer())
    assert [section.mid for section in answer.media] == ["0", "1", "2", "3", "4", "5"]
    assert ("group", "BUNDLE 0 1 2 3 4 5") in answer.attributes
    assert ("ice-lite", None) in answer.attributes


def test_sending_sections_are_received_and_useless_ones_inactive():
    directions = [section.direction for section in answered(chrome_offer()).media[:5]]
    assert directions == ["recvonly", "recvonly", "recvonly", "inactive", "inactive"]


def test_payload_types_and_extension_ids_are_the_offerers():
    camera = answered(chrome_offer()).media[1]
    assert camera.formats == ["96", "97"]
    assert "4 urn:ietf:params:rtp-hdrext:sdes:mid" in camera.values("extmap")
    assert "10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" in camera.values("extmap")
    assert not any("video-orientation" in value for value in camera.values("extmap"))


def test_a_recorded_room_is_answered_with_h264():
    assert answered(chrome_offer(), RECORDED_PREFERENCE).media[1].formats == ["108", "109"]


def test_a_section_keeps_its_codec_when_the_room_begins_to_be_recorded():
    offer = read_offer(chrome_offer(), RECORDED_PREFERENCE, {"1": Codec.VP8})
    assert [each.payload_type.codec for each in offer.sending[1:]] == [Codec.VP8, Codec.H264]


def test_simulcast_is_accepted_in_the_offerers_order():
    camera = answered(chrome_offer()).media[1]
    assert camera.values("rid") == ["q recv", "h recv", "f recv"]
    assert camera.values("simulcast") == ["recv q;h;f"]
    assert not answered(chrome_offer()).media[2].has("simulcast")


def test_the_answerer_is_dtls_server_with_inlined_candidates():
    answer = answered(chrome_offer())
    first = answer.media[0]
    assert first.first("setup") == "passive"
    assert first.first("fingerprint") == f"sha-256 {FINGERPRINT}"
    assert first.values("candidate")[0] == "1 1 udp 2130706431 192.0.2.1 7882 typ host"
    assert first.has("end-of-candidates")
    assert all(section.has("candidate") for section in answer.media)


def test_a_passive_offerer_makes_us_dtls_client():
    assert answered(a_description(an_audio_section(), setup="passive")).media[0].first("setup") == "active"


def test_opus_is_asked_not_to_send_silence():
    fmtps = answered(chrome_offer()).media[0].values("fmtp")
    assert fmtps == ["63 111/111", "111 minptime=10;useinbandfec=1;usedtx=1"]


def test_red_is_what_a_browser_is_to_send_first():
    assert answered(chrome_offer()).media[0].formats == ["63", "111"]
    assert read_offer(chrome_offer()).sending[0].payload_type.red == 63


@pytest.mark.parametrize("blocks", ["111/110", "111", "", "abc/111", "110/110"])
def test_red_of_anything_else_is_left_out(blocks):
    offer = chrome_offer().replace("a=fmtp:63 111/111", f"a=fmtp:63 {blocks}")
    assert answered(offer).media[0].formats == ["111"]


def test_music_is_asked_for_whole():
    mode = AudioMode(is_redundant=False, is_stereo=True, has_dtx=False)
    offer = read_offer(chrome_offer())
    audio = parse(write_answer(offer, a_local_transport(), 1, modes={offer.sending[0].mid: mode})).media[0]
    assert audio.formats == ["111"]
    assert audio.values("fmtp") == ["111 minptime=10;useinbandfec=1;stereo=1;maxaveragebitrate=510000"]


def test_the_data_section_is_accepted():
    data = answered(chrome_offer()).media[5]
    assert (data.kind, data.port, data.formats) == ("application", 9, ["webrtc-datachannel"])
    assert data.first("sctp-port") == "5000" and data.first("max-message-size") == "262144"


def test_a_section_without_usable_codec_is_refused_outside_the_bundle():
    text = "m=video 9 UDP/TLS/RTP/SAVPF 98\na=mid:9\na=sendonly\na=rtpmap:98 H265/90000"
    answer = answered(a_description(text, an_audio_section("0")))
    assert answer.media[0].port == 0
    assert ("group", "BUNDLE 0") in answer.attributes
    assert answer.media[1].has("candidate")


def test_what_the_client_means_to_send_comes_before_any_preference():
    text = chrome_offer()
    cid = read_offer(text).sending[1].cid
    offer = read_offer(text, RECORDED_PREFERENCE, announced={cid: Codec.VP9})
    assert offer.sending[1].payload_type.codec is Codec.VP9
    assert offer.sending[1].extensions.keys() >= {"mid", "rid"}


def test_both_header_forms_are_allowed_to_who_offers_them():
    mixed = ("extmap-allow-mixed", None)
    assert mixed in answered(chrome_offer()).attributes
    assert mixed not in answered(chrome_offer().replace("a=extmap-allow-mixed", "a=nothing")).attributes


def test_preference_does_not_force_a_codec_that_is_not_offered():
    offer = read_offer(a_description(a_video_section()), RECORDED_PREFERENCE)
    assert offer.sending[0].payload_type.codec is Codec.VP8


@pytest.mark.parametrize(
    "text",
    [
        a_description(),
        a_description(an_audio_section(), fingerprint=""),
        a_description(an_audio_section(), setup="holdconn"),
        a_description(an_audio_section("0", "sendonly", "a=ssrc:notanumber cname:x")),
        a_description(an_audio_section("0", "sendonly", "a=ssrc:99999999999 cname:x")),
    ],
)
def test_an_offer_that_cannot_be_used_is_an_sdp_error(text):
    with pytest.raises(SdpError):
        read_offer(text)


@pytest.mark.parametrize("protocol", ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "nonsense"])
def test_a_profile_without_dtls_is_refused(protocol):
    text = a_description(an_audio_section("0"), a_video_section("1")).replace("UDP/TLS/RTP/SAVPF", protocol, 1)
    assert [section.mid for section in read_offer(text).sending] == ["1"]
    assert [section.port for section in answered(text).media] == [0, 9]


@pytest.mark.parametrize("digest", ["md5 00:11", "sha-1 00:11", "", "sha-256x 00"])
def test_a_digest_that_proves_nothing_is_no_fingerprint(digest):
    text = a_description(an_audio_section("0")).replace(f"sha-256 {FINGERPRINT}", digest)
    with pytest.raises(SdpError):
        read_offer(text)


def test_two_ice_lite_sides_do_not_meet():
    text = a_description(an_audio_section("0"))
    for lite in (text.replace("t=0 0", "t=0 0\r\na=ice-lite"), text + "a=ice-lite\r\n"):
        with pytest.raises(SdpError):
            read_offer(lite)


@pytest.mark.parametrize(
    "lines",
    [
        [f"a=rid:{number} send" for number in range(19_000)]
        + ["a=simulcast:send " + ";".join(str(number) for number in range(20_000))],
        ["a=rtcp-fb:* nack"] * 30_000,
        [f"a=ssrc-group:FID {number} {number + 1}" for number in range(20_000)],
        [f"a=extmap:{number} urn:ietf:params:rtp-hdrext:sdes:mid" for number in range(15_000)],
    ],
)
def test_reading_takes_no_longer_than_the_text_is_long(lines):
    text = a_description(a_video_section("1", "sendonly", *lines))
    text = text.replace(" 96", " 96" * 50_000, 1)
    began = time.process_time()
    write_answer(read_offer(text), a_local_transport(), 1)
    # milliseconds; anything that grows with the square takes minutes
    assert time.process_time() - began < 5
