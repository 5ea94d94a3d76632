"""Parsing and serialising, and that no input makes anything but an SdpError."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.errors import SdpError
from sfu.sdp.description import MAX_LINES, MAX_SECTIONS, parse, serialize
from sfu.sdp.publisher import read_offer
from tests.sfu.builders import a_description, an_audio_section, chrome_offer


def test_a_chrome_offer_survives_parse_and_serialize():
    once = parse(chrome_offer())
    again = parse(serialize(once))
    assert [section.attributes for section in again.media] == [s.attributes for s in once.media]
    assert [section.formats for section in again.media] == [s.formats for s in once.media]
    assert again.attributes == once.attributes


def test_sections_know_kind_mid_and_direction():
    media = parse(chrome_offer()).media
    assert [section.kind for section in media] == ["audio", "video", "video", "audio", "video", "application"]
    assert [section.mid for section in media] == ["0", "1", "2", "3", "4", "5"]
    assert [section.direction for section in media[:4]] == ["sendonly"] * 3 + ["recvonly"]


def test_direction_defaults_to_sendrecv():
    assert parse("v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:0\n").media[0].direction == "sendrecv"


def test_session_attribute_stands_in_for_a_missing_one_of_the_section():
    description = parse(a_description(an_audio_section()))
    assert description.first("setup", description.media[0]) == "actpass"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "v=0\nm=audio\n",
        "v=0\nm=audio x UDP/TLS/RTP/SAVPF 0\na=mid:0\n",
        "v=0\nm=audio 99999 UDP/TLS/RTP/SAVPF 0\na=mid:0\n",
        "v=0\nnonsense\n",
        "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\n",
        a_description(an_audio_section("0"), an_audio_section("0")),
        a_description(*(an_audio_section(str(n)) for n in range(MAX_SECTIONS + 1))),
        "v=0\n" + "a=x:y\n" * 200_000,
    ],
)
def test_unusable_text_is_an_sdp_error(text):
    with pytest.raises(SdpError):
        parse(text)


LINES = st.sampled_from([line for line in chrome_offer().splitlines() if line])


@given(st.one_of(st.text(), st.lists(LINES).map("\n".join), st.lists(LINES).map(lambda x: "v=0\n" + "\n".join(x))))
def test_no_text_raises_anything_but_an_sdp_error(text):
    try:
        read_offer(text)
    except SdpError:
        pass


def test_more_lines_than_any_client_writes_are_not_read():
    with pytest.raises(SdpError):
        parse("v=0\r\n" + "a=x\r\n" * MAX_LINES)
