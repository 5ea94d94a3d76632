"""Tokens: what is believed, what is not, and the three values of a right."""

import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit import api

from signaling.protocol import tokens
from signaling.protocol.tokens import Claims, Grant, TokenError

NOW = 1_800_000_000.0
KEYS = {"devkey": "a-secret-of-at-least-32-characters!", "other": "another-secret-of-32-characters!!!!"}


def a_token(**changes: object) -> str:
    payload = {"iss": "devkey", "sub": "an", "exp": NOW + 60, "video": {"roomJoin": True, "room": "r"}}
    payload |= changes
    return jwt.encode({k: v for k, v in payload.items() if v is not None}, KEYS["devkey"], algorithm="HS256")


def code_of(token: str, **options: bool) -> str:
    with pytest.raises(TokenError) as caught:
        tokens.verify(token, KEYS, NOW, **options)
    return caught.value.code


def test_what_is_signed_is_read_back() -> None:
    grant = Grant(room="r", room_join=True, can_publish=False, can_publish_sources=("camera",))
    claims = Claims(
        identity="an",
        name="Ân",
        metadata="m",
        attributes={"a": "b"},
        grant=grant,
        room_config={"metadata": "x"},
    )
    read = tokens.verify(tokens.sign(claims, key="other", secret=KEYS["other"], now=NOW), KEYS, NOW)
    assert (read.identity, read.name, read.metadata, read.attributes) == ("an", "Ân", "m", {"a": "b"})
    assert read.grant == grant
    assert (read.api_key, read.expires_at) == ("other", int(NOW) + tokens.DEFAULT_LIFE_S)
    assert read.room_config == {"metadata": "x"}


def test_a_token_of_livekits_own_library_is_read() -> None:
    token = (
        api.AccessToken("devkey", KEYS["devkey"])
        .with_identity("an")
        .with_name("Ân")
        .with_attributes({"a": "b"})
        .with_grants(api.VideoGrants(room_join=True, room="r", can_publish_sources=["camera"]))
        .to_jwt()
    )
    claims = tokens.verify(token, KEYS, time.time())
    assert claims.identity == "an"
    assert claims.grant.room_join is True
    assert claims.grant.room_admin is not True
    assert claims.grant.can_publish_sources == ("camera",)


def test_livekits_own_library_reads_our_token() -> None:
    grant = Grant(room="r", room_join=True, can_subscribe=False)
    token = tokens.sign(Claims(identity="an", grant=grant), key="devkey", secret=KEYS["devkey"], now=time.time())
    claims = api.TokenVerifier("devkey", KEYS["devkey"]).verify(token)
    assert claims.identity == "an"
    assert claims.video is not None and claims.video.can_subscribe is False


def test_the_short_secret_of_development_is_the_same_key_for_everybody() -> None:
    token = tokens.sign(Claims(identity="an"), key="devkey", secret="secret", now=time.time())
    assert tokens.verify(token, {"devkey": "secret"}, time.time()).identity == "an"
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        assert jwt.decode(token, "secret", algorithms=["HS256"])["sub"] == "an"


def test_absent_rights_are_not_false() -> None:
    grant = tokens.verify(a_token(), KEYS, NOW).grant
    assert grant.can_publish is None and grant.may_publish and grant.may_subscribe and grant.may_publish_data


def test_data_follows_publishing_unless_said() -> None:
    assert not Grant(can_publish=False).may_publish_data
    assert Grant(can_publish=False, can_publish_data=True).may_publish_data


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": NOW - 61}, "expired"),
        ({"exp": None}, "malformed"),
        ({"exp": "soon"}, "malformed"),
        ({"exp": True}, "malformed"),
        ({"nbf": NOW + 61}, "not_yet"),
        ({"iss": "stranger"}, "unknown_key"),
        ({"iss": None}, "unknown_key"),
        ({"iss": "other"}, "bad_signature"),
        ({"sub": None}, "malformed"),
        ({"sub": 7}, "malformed"),
        ({"video": "all"}, "malformed"),
        ({"video": {"roomJoin": "true"}}, "malformed"),
        ({"video": {"canPublishSources": "camera"}}, "malformed"),
        ({"attributes": {"a": 1}}, "malformed"),
        ({"roomConfig": []}, "malformed"),
    ],
)
def test_a_token_that_proves_nothing_is_refused(changes: dict[str, object], code: str) -> None:
    assert code_of(a_token(**changes)) == code


def test_clocks_may_differ_by_a_minute() -> None:
    assert tokens.verify(a_token(exp=NOW - 59, nbf=NOW + 59), KEYS, NOW).identity == "an"


def test_when_a_token_was_issued_is_iat_else_nbf_else_unknown() -> None:
    for changes, issued_at in (({"iat": NOW - 9, "nbf": NOW - 5}, NOW - 9), ({"nbf": NOW - 5}, NOW - 5), ({}, 0)):
        assert tokens.verify(a_token(**changes), KEYS, NOW).issued_at == issued_at
    assert code_of(a_token(iat="yesterday")) == "malformed"


def test_a_server_token_needs_no_identity() -> None:
    claims = tokens.verify(a_token(sub=None), KEYS, NOW, needs_identity=False)
    assert claims.identity == ""


@pytest.mark.parametrize("algorithm", ["none", "HS384"])
def test_other_algorithms_are_refused(algorithm: str) -> None:
    secret = "" if algorithm == "none" else KEYS["devkey"] + " lengthened to 48 bytes"
    payload = {"iss": "devkey", "sub": "an", "exp": NOW + 60}
    assert code_of(jwt.encode(payload, secret, algorithm=algorithm)) == "malformed"


@given(st.text())
def test_any_text_gives_a_token_error(text: str) -> None:
    with pytest.raises(TokenError):
        tokens.verify(text, KEYS, NOW)
