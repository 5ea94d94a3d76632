"""Trickle fragments and entity tags, value by value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.sdp.local import LocalTransport
from signaling.session.admission import Refusal
from signaling.session.fragment import (
    IceCredentials,
    check_precondition,
    read_fragment,
    read_offer_ice,
    write_fragment,
)

PWD = "p" * 22
OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:" + PWD + "\r\n"
    "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:7\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\n"
)


def status_of(text: str) -> int:
    with pytest.raises(Refusal) as refusal:
        read_fragment(text)
    return refusal.value.status


def test_a_fragment_says_whose_candidates_it_names() -> None:
    text = f"a=ice-ufrag:abcd\r\na=ice-pwd:{PWD}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
    text += "a=candidate:1 1 udp 1 ::1 9 typ host\r\n"
    assert read_fragment(text) == IceCredentials(ufrag="abcd", pwd=PWD)
    assert read_fragment("a=mid:0\na=end-of-candidates\n") == IceCredentials()


@pytest.mark.parametrize(
    "text",
    ["", "\r\n", "hello", "m=audio 9 RTP/AVP 0\r\n", "a=ice-ufrag:abcd\r\n", f"a=ice-pwd:{PWD}\r\n"]
    + [
        f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n"
        for ufrag, pwd in (("abc", PWD), ("ab d", PWD), ("abcd", "p" * 21))
    ],
)
def test_what_is_no_fragment_is_refused(text: str) -> None:
    assert status_of(text) == 400


@given(st.text(max_size=300))
def test_any_text_is_a_fragment_or_refused(text: str) -> None:
    for prefix in ("", "a=ice-ufrag:", "a=x\r\n"):
        try:
            assert isinstance(read_fragment(prefix + text), IceCredentials)
        except Refusal as refusal:
            assert refusal.status == 400


def test_what_is_kept_of_an_offer_is_that_of_its_first_live_section() -> None:
    kept = read_offer_ice(OFFER)
    assert kept.credentials == IceCredentials(ufrag="abcd", pwd=PWD)
    assert (kept.bundle.kind, kept.bundle.mid, kept.mids) == ("video", "v", ("v",))
    local = LocalTransport(session_id=1, ufrag="new+", pwd="n" * 24, fingerprint="", addresses=(("192.0.2.1", 7882),))
    answer = write_fragment(kept, local)
    assert read_fragment(answer) == IceCredentials(ufrag="new+", pwd="n" * 24)
    assert "a=ice-lite\r\n" in answer and "\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\n" in answer
    assert " 192.0.2.1 7882 typ host\r\n" in answer and answer.endswith("a=end-of-candidates\r\n")


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        ('"a"', None),
        ("*", None),
        (' "b", "a"', None),
        (None, 428),
        ("", 412),
        ("a", 412),
        ('"A"', 412),
        ('W/"a"', 412),
        ('"a', 412),
    ],
)
def test_a_change_names_the_state_it_changes(if_match: str | None, status: int | None) -> None:
    if status is None:
        check_precondition(if_match, '"a"')
        return
    with pytest.raises(Refusal) as refusal:
        check_precondition(if_match, '"a"')
    assert refusal.value.status == status
