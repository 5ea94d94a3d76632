"""A player's offer as slots, and our answer to it."""

from itertools import count

import pytest

from sfu.errors import SdpError
from sfu.media import Codec, Kind
from sfu.sdp.description import parse
from sfu.sdp.local import LocalTransport
from sfu.sdp.viewing import read_viewing, write_viewing

LOCAL = LocalTransport(
    session_id=1, ufrag="uuuu", pwd="p" * 24, fingerprint="sha-256 AA:BB", addresses=(("192.0.2.1", 7882),)
)
FINGERPRINT = "sha-256 " + ":".join(["AB"] * 32)
AUDIO = """m=audio 9 UDP/TLS/RTP/SAVPF 109
a=mid:sound
a=recvonly
a=rtpmap:109 opus/48000/2
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
"""
VIDEO = """m=video 9 UDP/TLS/RTP/SAVPF 120 124 126 127
a=mid:picture
a=recvonly
a=rtpmap:120 VP8/90000
a=rtcp-fb:120 nack pli
a=rtpmap:124 rtx/90000
a=fmtp:124 apt=120
a=rtpmap:126 H264/90000
a=fmtp:126 profile-level-id=42e01f;packetization-mode=1
a=rtpmap:127 unknown/90000
"""


def an_offer(*sections: str) -> str:
    head = f"v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\na=fingerprint:{FINGERPRINT}\na=setup:actpass\n"
    return (head + "".join(sections)).replace("\n", "\r\n")


def read(*sections: str):
    return read_viewing(an_offer(*sections), count(100).__next__)


def test_every_receiving_section_is_a_slot_in_the_offerers_numbers():
    offer = read(AUDIO, VIDEO)
    sound, picture = offer.slots
    assert (sound.mid, sound.kind, sound.ssrc, sound.rtx_ssrc) == ("sound", Kind.AUDIO, 100, 0)
    assert (picture.mid, picture.kind, picture.ssrc, picture.rtx_ssrc) == ("picture", Kind.VIDEO, 101, 102)
    numbers = {codec: (each.number, each.rtx) for codec, each in picture.payload_types.items()}
    assert numbers == {Codec.VP8: (120, 124), Codec.H264: (126, None)}
    assert sound.extensions == {"mid": 4} and offer.codecs == {Codec.OPUS, Codec.VP8, Codec.H264}


def test_the_answer_sends_in_every_slot_and_refuses_the_rest():
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:data\n"
    sending = AUDIO.replace("recvonly", "sendonly").replace("mid:sound", "mid:voice")
    offer = read(sending, VIDEO, data)
    answer = parse(write_viewing(offer, LOCAL, is_one_source=False))
    voice, picture, refused = answer.media
    assert (voice.port, refused.port, picture.direction) == (0, 0, "sendonly")
    assert picture.formats == ["120", "124", "126"]
    assert picture.first("ssrc-group") == "FID 100 101" and picture.first("setup") == "passive"
    assert ("group", "BUNDLE picture") in answer.attributes


@pytest.mark.parametrize(("is_one_source", "streams"), [(True, 1), (False, 2)])
def test_picture_and_sound_are_one_stream_only_when_they_have_one_source(is_one_source, streams):
    answer = parse(write_viewing(read(AUDIO, VIDEO), LOCAL, is_one_source=is_one_source))
    assert len({section.first("msid").split(" ")[0] for section in answer.media}) == streams


@pytest.mark.parametrize(
    "sections",
    [
        (),
        (AUDIO.replace("recvonly", "sendonly"),),
        (AUDIO.replace("recvonly", "inactive"),),
        (AUDIO.replace("audio 9", "audio 0"),),
        (AUDIO.replace("opus", "pcmu"),),
    ],
)
def test_an_offer_that_nothing_can_be_shown_to_is_refused(sections):
    with pytest.raises(SdpError):
        read(*sections)


def test_nobody_is_given_more_slots_than_a_wall_has():
    many = [AUDIO.replace("mid:sound", f"mid:{number}") for number in range(40)]
    offer = read(*many)
    answer = parse(write_viewing(offer, LOCAL, is_one_source=False))
    assert len(offer.slots) == sum(section.port != 0 for section in answer.media) == 32
