"""Offers to a subscriber, and its answers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.errors import LocalProtocolError, SdpError
from sfu.ids import ParticipantSid, TrackSid
from sfu.media import Codec
from sfu.sdp.description import MediaSection, SessionDescription, parse, serialize
from sfu.sdp.down_track import DownTrackSpec
from sfu.sdp.extensions import DOWN_VIDEO
from sfu.sdp.subscriber import SubscriberDescription
from tests.sfu.builders import FINGERPRINT, a_local_transport, chrome_offer

# the time of sending is only for who has no transport-wide feedback
WITH_FEEDBACK = {name: number for name, number in DOWN_VIDEO.items() if name != "abs_send_time"}


def a_track(name="TR_a", codec=Codec.VP8, ssrc=1000):
    return DownTrackSpec(
        track_sid=TrackSid(name),
        publisher_sid=ParticipantSid("PA_x"),
        codec=codec,
        ssrc=ssrc,
        rtx_ssrc=0 if codec is Codec.OPUS else ssrc + 1,
    )


def a_subscriber(**options):
    return SubscriberDescription(a_local_transport(), **options)


def an_answer(offer, refuse=(), drop=(), setup="active", keep=("extmap", "rtcp-fb")):
    """What a well-behaved browser says to `offer`."""
    answer = SessionDescription()
    for section in parse(offer).media:
        if section.mid in drop:
            continue
        formats = [] if section.mid in refuse else section.formats
        reply = MediaSection(kind=section.kind, protocol=section.protocol, formats=formats or ["0"])
        reply.port = 0 if section.mid in refuse else 9
        reply.add("mid", section.mid)
        reply.add("setup", setup)
        reply.add("fingerprint", f"sha-256 {FINGERPRINT}")
        reply.attributes += [each for each in section.attributes if each[0] in keep]
        reply.add("recvonly" if section.direction == "sendonly" else "inactive")
        answer.media.append(reply)
    return serialize(answer)


def negotiate(subscriber, **options):
    text, _ = subscriber.offer()
    return subscriber.answer(an_answer(text, **options), subscriber.offer_id)


def test_the_first_offer_holds_only_the_data_section():
    text, mids = a_subscriber().offer()
    media = parse(text).media
    assert [section.kind for section in media] == ["application"]
    assert media[0].first("setup") == "actpass" and media[0].has("candidate")
    assert mids == {}


def test_a_section_names_participant_and_track():
    subscriber = a_subscriber()
    subscriber.add(a_track())
    text, mids = subscriber.offer()
    section = parse(text).media[1]
    assert section.values("msid") == ["PA_x|TR_a TR_a"]
    assert section.direction == "sendonly"
    assert mids == {"1": "TR_a"}


def test_ssrcs_and_codec_are_ours():
    subscriber = a_subscriber()
    subscriber.add(a_track(codec=Codec.H264))
    section = parse(subscriber.offer()[0]).media[1]
    assert section.formats == ["102", "103"]
    assert section.values("ssrc-group") == ["FID 1000 1001"]
    assert "1000 cname:PA_x" in section.values("ssrc")


def test_audio_has_no_retransmission_stream():
    subscriber = a_subscriber()
    subscriber.add(a_track(codec=Codec.OPUS))
    section = parse(subscriber.offer()[0]).media[1]
    assert section.formats == ["63", "111"] and not section.has("ssrc-group")


@pytest.mark.parametrize(("known", "red"), [(("63", "111"), 63), (("111",), None)])
def test_red_goes_to_who_keeps_it_in_the_answer(known, red):
    subscriber = a_subscriber()
    subscriber.add(a_track(codec=Codec.OPUS))
    text, _ = subscriber.offer()
    answer = parse(an_answer(text))
    answer.media[1].formats = list(known)
    accepted = subscriber.answer(serialize(answer), subscriber.offer_id).accepted[TrackSid("TR_a")]
    assert (accepted.payload_type.number, accepted.payload_type.red) == (111, red)


def test_stereo_is_announced():
    subscriber = a_subscriber()
    subscriber.add(replace(a_track(codec=Codec.OPUS), is_stereo=True))
    fmtps = parse(subscriber.offer()[0]).media[1].values("fmtp")
    assert fmtps == ["63 111/111", "111 minptime=10;useinbandfec=1;sprop-stereo=1"]


def test_only_one_offer_is_outstanding():
    subscriber = a_subscriber()
    subscriber.offer()
    subscriber.add(a_track())
    assert not subscriber.needs_offer
    with pytest.raises(LocalProtocolError):
        subscriber.offer()


def test_a_change_during_an_offer_needs_another():
    subscriber = a_subscriber()
    text, _ = subscriber.offer()
    subscriber.add(a_track())
    answer = subscriber.answer(an_answer(text), subscriber.offer_id)
    assert answer and answer.accepted == {}
    assert subscriber.needs_offer
    answer = negotiate(subscriber)
    assert answer and answer.accepted["TR_a"].mid == "1"
    assert not subscriber.needs_offer


def test_the_answer_of_an_older_offer_is_ignored():
    subscriber = a_subscriber()
    negotiate(subscriber)
    subscriber.add(a_track())
    text, _ = subscriber.offer()
    assert subscriber.answer(an_answer(text), subscriber.offer_id - 1) is None
    assert subscriber.is_outstanding


def test_only_extensions_the_answer_keeps_are_used():
    subscriber = a_subscriber()
    subscriber.add(a_track())
    answer = negotiate(subscriber)
    # the answer does not allow the two-byte form, in which alone a dependency descriptor always fits
    understood = WITH_FEEDBACK.keys() - {"dependency_descriptor"}
    assert answer and answer.accepted["TR_a"].extensions == {name: DOWN_VIDEO[name] for name in understood}


def test_transport_feedback_needs_extension_and_rtcp_feedback():
    for keep in (("extmap",), ("rtcp-fb",)):
        subscriber = a_subscriber()
        subscriber.add(a_track())
        answer = negotiate(subscriber, keep=keep)
        extensions = answer.accepted["TR_a"].extensions if answer else {}
        assert "transport_cc" not in extensions
        # who has no such feedback may send REMB, and makes it of the time of sending
        assert ("abs_send_time" in extensions) == (keep == ("extmap",))


def test_an_answer_without_an_id_is_meant_for_the_outstanding_offer():
    subscriber = a_subscriber()
    text, _ = subscriber.offer()
    assert subscriber.answer(an_answer(text), 0) is not None


def test_a_refused_section_is_reported():
    subscriber = a_subscriber()
    subscriber.add(a_track())
    answer = negotiate(subscriber, refuse={"1"})
    assert answer and answer.refused == {"TR_a"} and answer.accepted == {}


def test_a_removed_track_leaves_its_section_inactive():
    subscriber = a_subscriber()
    subscriber.add(a_track())
    negotiate(subscriber)
    subscriber.remove(TrackSid("TR_a"))
    text, mids = subscriber.offer()
    assert parse(text).media[1].direction == "inactive"
    assert mids == {}


def test_a_section_is_reused_only_after_its_end_was_answered():
    subscriber = a_subscriber()
    subscriber.add(a_track("TR_a"))
    negotiate(subscriber)
    subscriber.remove(TrackSid("TR_a"))
    assert subscriber.add(a_track("TR_b")) == "2"
    negotiate(subscriber)
    assert subscriber.add(a_track("TR_c", Codec.OPUS)) == "3"
    assert subscriber.add(a_track("TR_d")) == "1"
    assert parse(subscriber.offer()[0]).media[1].values("msid") == ["PA_x|TR_d TR_d"]


def test_a_client_that_cannot_reuse_gets_new_sections():
    subscriber = a_subscriber(can_reuse_sections=False)
    subscriber.add(a_track("TR_a"))
    negotiate(subscriber)
    subscriber.remove(TrackSid("TR_a"))
    negotiate(subscriber)
    assert subscriber.add(a_track("TR_b")) == "2"


def test_the_peers_role_and_fingerprint_come_with_the_answer():
    answer = negotiate(a_subscriber(), setup="passive")
    assert answer and answer.remote.setup == "passive"
    assert answer.remote.fingerprints == (("sha-256", FINGERPRINT),)


def test_an_answer_without_an_offered_section_is_an_error_and_leaves_the_offer_open():
    subscriber = a_subscriber()
    subscriber.add(a_track())
    text, _ = subscriber.offer()
    with pytest.raises(SdpError):
        subscriber.answer(an_answer(text, drop={"1"}), subscriber.offer_id)
    assert subscriber.is_outstanding


def test_versions_and_offer_ids_grow():
    subscriber = a_subscriber()
    negotiate(subscriber)
    subscriber.add(a_track())
    text, _ = subscriber.offer()
    assert subscriber.offer_id == 2
    assert text.splitlines()[1] == "o=- 42 2 IN IP4 127.0.0.1"


LINES = st.sampled_from([*an_answer(a_subscriber().offer()[0]).splitlines(), *chrome_offer().splitlines()])


@given(st.lists(LINES).map(lambda lines: "v=0\n" + "\n".join(lines)))
def test_no_answer_raises_anything_but_an_sdp_error(text):
    subscriber = a_subscriber()
    subscriber.add(a_track())
    subscriber.offer()
    try:
        subscriber.answer(text, 1)
    except SdpError:
        assert subscriber.is_outstanding


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from([Codec.VP8, Codec.OPUS])),
        st.tuples(st.just("remove"), st.integers(0, 20)),
        st.tuples(st.just("negotiate"), st.none()),
    ),
    max_size=30,
)


@given(OPERATIONS, st.booleans())
def test_after_negotiation_exactly_the_tracks_there_are_flow_each_in_its_own_section(operations, can_reuse):
    subscriber = a_subscriber(can_reuse_sections=can_reuse)
    there, sections = {}, 0
    for number, (operation, argument) in enumerate([*operations, ("negotiate", None)]):
        if operation == "add":
            track = a_track(f"TR_{number}", argument, ssrc=1000 + number * 2)
            there[track.track_sid] = subscriber.add(track)
        elif operation == "remove":
            there.pop(TrackSid(f"TR_{argument}"), None)
            subscriber.remove(TrackSid(f"TR_{argument}"))
        elif subscriber.needs_offer:
            text, mids = subscriber.offer()
            answer = subscriber.answer(an_answer(text), subscriber.offer_id)
            assert answer and {sid: each.mid for sid, each in answer.accepted.items()} == there
            assert mids == {mid: sid for sid, mid in there.items()}
            assert len(parse(text).media) >= sections
            sections = len(parse(text).media)


def test_a_section_offers_both_codecs_of_a_track_and_the_answer_says_which_are_understood():
    subscriber = a_subscriber()
    subscriber.add(replace(a_track(codec=Codec.VP9), backup=Codec.VP8))
    text, _ = subscriber.offer()
    section = parse(text).media[1]
    assert section.formats == ["98", "99", "96", "97"]
    answer = subscriber.answer(an_answer(text), subscriber.offer_id)
    both = answer.accepted["TR_a"]
    assert both.payload_type.codec is Codec.VP9 and both.backup and both.backup.codec is Codec.VP8
    subscriber.supersede()
    text, _ = subscriber.offer()
    poor = an_answer(text).replace(" 98 99 96 97", " 96 97")
    accepted = subscriber.answer(poor, subscriber.offer_id).accepted["TR_a"]
    assert accepted.payload_type.codec is Codec.VP8 and accepted.backup is None


def test_both_header_forms_are_offered_and_used_when_the_answer_allows_them():
    subscriber = a_subscriber()
    subscriber.add(a_track(codec=Codec.AV1))
    text, _ = subscriber.offer()
    assert ("extmap-allow-mixed", None) in parse(text).attributes
    answer = an_answer(text).replace("t=0 0\r\n", "t=0 0\r\na=extmap-allow-mixed\r\n")
    accepted = subscriber.answer(answer, subscriber.offer_id).accepted["TR_a"]
    assert accepted.extensions == WITH_FEEDBACK
