"""How a client says that it wants in: the query of v0, the join request of v1, and what is refused of it."""

import base64
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from signaling.session.wish import INFLATED_BYTES_LIMIT, read, unwrap

Compression = rtc.WrappedJoinRequest.Compression


def wrapped(inner: bytes, compression: Compression = Compression.NONE) -> str:
    packed = rtc.WrappedJoinRequest(compression=compression, join_request=inner).SerializeToString()
    return base64.urlsafe_b64encode(packed).decode()


def a_request(**fields: object) -> rtc.JoinRequest:
    return rtc.JoinRequest(client_info=models.ClientInfo(protocol=17), **fields)


@pytest.mark.parametrize("compression", [Compression.NONE, Compression.GZIP])
def test_a_join_request_says_what_the_query_says(compression: Compression) -> None:
    request = a_request(
        connection_settings=rtc.ConnectionSettings(auto_subscribe=True, adaptive_stream=True),
        metadata="m",
        participant_attributes={"hand": "up"},
        reconnect=True,
        participant_sid="PA_x",
    )
    inner = request.SerializeToString()
    wish = read({"join_request": wrapped(gzip.compress(inner) if compression else inner, compression)})
    assert wish.is_single and wish.auto_subscribe and wish.adaptive_stream
    assert (wish.protocol, wish.metadata, wish.attributes) == (17, "m", {"hand": "up"})
    assert (wish.is_resume, wish.sid) == (True, "PA_x")


def test_padding_may_be_missing_and_either_alphabet_will_do() -> None:
    request = a_request(metadata="\u00ff\u00fe?>" * 7)
    text = wrapped(request.SerializeToString())
    assert unwrap(text.rstrip("=")) == unwrap(text) == unwrap(text.replace("-", "+").replace("_", "/")) == request


def test_requests_that_came_along_are_kept_in_order() -> None:
    request = a_request(
        add_track_requests=[rtc.AddTrackRequest(cid="1"), rtc.AddTrackRequest(cid="2")],
        publisher_offer=rtc.SessionDescription(type="offer", sdp="v=0", id=1),
        sync_state=rtc.SyncState(),
    )
    wish = read({"join_request": wrapped(request.SerializeToString())})
    assert [each.WhichOneof("message") for each in wish.first] == ["sync_state", "add_track", "add_track", "offer"]


def a_bomb() -> str:
    return wrapped(gzip.compress(bytes(INFLATED_BYTES_LIMIT + 1), mtime=0), Compression.GZIP)


def test_a_bomb_is_not_inflated() -> None:
    text = a_bomb()
    assert len(text) < 2000
    with pytest.raises(ValueError, match="too large"):
        unwrap(text)


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "a",
        base64.urlsafe_b64encode(b"\xff\xff\xff").decode(),
        wrapped(b"\xff\xff"),
        wrapped(b"no gzip", Compression.GZIP),
        wrapped(gzip.compress(b"x" * 1000, mtime=0)[:-12], Compression.GZIP),
        wrapped(zlib.compress(b""), Compression.GZIP),
        wrapped(a_request(add_track_requests=[rtc.AddTrackRequest()] * 21).SerializeToString()),
        base64.urlsafe_b64encode(b"\x08\x07").decode(),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_text(text: str) -> None:
    with pytest.raises(ValueError, match="join_request"):
        read({"join_request": text})


def test_where_only_v1_is_spoken_a_join_request_is_needed() -> None:
    with pytest.raises(ValueError, match="missing"):
        read({}, needs_request=True)


@given(
    st.one_of(st.text(), st.binary().map(lambda data: wrapped(data)), st.binary().map(lambda data: wrapped(data, 1)))
)
def test_nothing_but_a_value_error_comes_of_garbage(text: str) -> None:
    try:
        read({"join_request": text})
    except ValueError:
        pass
