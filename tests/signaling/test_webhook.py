"""Webhooks: what was signed is believed, nothing else is."""

import json
import time

import pytest
from livekit import api

from signaling.protocol import tokens, webhook
from signaling.protocol.webhook import WebhookError

NOW = 1_800_000_000.0
KEYS = {"devkey": "a-secret-of-at-least-32-characters!"}
SECRET = KEYS["devkey"]
BODY = webhook.build(event="room_started", event_id="EV_1", created_at=NOW, parts={"room": {"name": "phòng"}})


def refusal(body: bytes, authorization: str, now: float = NOW) -> str:
    with pytest.raises(WebhookError) as caught:
        webhook.verify(body, authorization, KEYS, now)
    return caught.value.code


def test_a_signed_event_is_read_back() -> None:
    event = webhook.verify(BODY, webhook.sign(BODY, key="devkey", secret=SECRET, now=NOW), KEYS, NOW)
    assert event == {"event": "room_started", "id": "EV_1", "createdAt": int(NOW), "room": {"name": "phòng"}}


def test_livekits_own_receiver_believes_us() -> None:
    now = time.time()
    body = webhook.build(event="room_started", event_id="EV_1", created_at=now, parts={"room": {"name": "a"}})
    receiver = api.WebhookReceiver(api.TokenVerifier("devkey", SECRET))
    event = receiver.receive(body.decode(), webhook.sign(body, key="devkey", secret=SECRET, now=now))
    assert (event.event, event.id, event.room.name, event.created_at) == (
        "room_started",
        "EV_1",
        "a",
        int(now),
    )


def test_a_changed_body_is_refused() -> None:
    assert refusal(BODY + b" ", webhook.sign(BODY, key="devkey", secret=SECRET, now=NOW)) == "bad_hash"


def test_a_join_token_is_no_signature() -> None:
    token = tokens.sign(tokens.Claims(identity="an"), key="devkey", secret=SECRET, now=NOW)
    assert refusal(BODY, token) == "bad_hash"


def test_an_old_delivery_is_refused() -> None:
    signature = webhook.sign(BODY, key="devkey", secret=SECRET, now=NOW)
    assert refusal(BODY, signature, NOW + 300 + 60) == "expired"


def test_a_foreign_key_is_refused() -> None:
    assert refusal(BODY, webhook.sign(BODY, key="strange", secret="x" * 32, now=NOW)) == "unknown_key"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event":1,"id":"a"}', b'{"event":"a"}', b"\xff"])
def test_a_body_without_an_event_is_refused(body: bytes) -> None:
    assert refusal(body, webhook.sign(body, key="devkey", secret=SECRET, now=NOW)) == "bad_body"


def test_the_body_is_plain_json() -> None:
    assert json.loads(BODY)["createdAt"] == str(int(NOW))
