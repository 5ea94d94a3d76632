"""Signed webhooks in LiveKit's format: node and recorder build and sign, whoever listens verifies.

The body is signed byte for byte (claim `sha256` of a five-minute token), so it is never parsed and written
again between signing and sending. Keys are camelCase. `presence_proven` is our own event in the same
envelope.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from signaling.protocol import tokens

CONTENT_TYPE = "application/webhook+json"
SIGNATURE_LIFE_S = 300
BODY_BYTES_LIMIT = 4 * 1024 * 1024


class WebhookError(Exception):
    """A delivery that must not be believed. `code` is a TokenError's, or bad_hash, bad_body."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def build(*, event: str, event_id: str, created_at: float, parts: Mapping[str, Any]) -> bytes:
    """The body of one event; `parts` are the members beside the envelope (room, participant, egressInfo...).

    `created_at` is unix seconds. It travels as text, as protojson writes 64-bit numbers.
    """
    envelope = {"event": event, "id": event_id, "createdAt": str(int(created_at))}
    return json.dumps(envelope | dict(parts), ensure_ascii=False, separators=(",", ":")).encode()


def sign(body: bytes, *, key: str, secret: str, now: float) -> str:
    """The Authorization header for a body (the bare token, without "Bearer")."""
    claims = tokens.Claims(sha256=_hash(body))
    return tokens.sign(claims, key=key, secret=secret, now=now, life_s=SIGNATURE_LIFE_S)


def headers(body: bytes, *, key: str, secret: str, now: float) -> dict[str, str]:
    """All headers of one delivery."""
    return {"Content-Type": CONTENT_TYPE, "Authorization": sign(body, key=key, secret=secret, now=now)}


def verify(body: bytes, authorization: str, keys: Mapping[str, str], now: float) -> dict[str, Any]:
    """The event in a delivery whose signature and hash hold; WebhookError otherwise.

    The result has at least the texts `event` and `id`; `createdAt` is an int of unix seconds.
    """
    if len(body) > BODY_BYTES_LIMIT:
        raise WebhookError("bad_body", "the body is too long")
    try:
        token = authorization.removeprefix("Bearer ").strip()
        claims = tokens.verify(token, keys, now, needs_identity=False)
    except tokens.TokenError as error:
        raise WebhookError(error.code, str(error)) from error
    if not hmac.compare_digest(claims.sha256.encode(), _hash(body).encode()):
        raise WebhookError("bad_hash", "the body is not the one that was signed")
    return _event(body)


def _hash(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def _event(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
        if not isinstance(event, dict):
            raise ValueError("the body is not an object")
        if not all(isinstance(event.get(name), str) and event[name] for name in ("event", "id")):
            raise ValueError("the event has no name or no id")
        event["createdAt"] = int(event.get("createdAt", 0))
    except (ValueError, TypeError, RecursionError) as error:
        raise WebhookError("bad_body", f"the body cannot be read: {error}") from error
    return event
