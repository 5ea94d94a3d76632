"""Tokens: who somebody is and what they may do, signed by one of the configured keys (LiveKit's JWT).

HS256 and nothing else. A token needs `exp` and `iss`, and `sub` too unless the caller says that nobody
enters a room with it. Rights are three-valued: absent (None) is not False. `now` is unix seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import jwt

ALGORITHM = "HS256"
LEEWAY_S = 60
DEFAULT_LIFE_S = 6 * 3600
TOKEN_BYTES_LIMIT = 16 * 1024


class TokenError(Exception):
    """A token that proves nothing.

    `code` is stable: malformed, unknown_key, bad_signature, expired, not_yet.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The `video` claim. None means that the token does not say."""

    room: str | None = None
    room_create: bool | None = None
    room_list: bool | None = None
    room_record: bool | None = None
    room_admin: bool | None = None
    room_join: bool | None = None
    can_publish: bool | None = None
    can_subscribe: bool | None = None
    can_publish_data: bool | None = None
    can_publish_sources: tuple[str, ...] | None = None
    can_update_own_metadata: bool | None = None
    can_subscribe_metrics: bool | None = None
    hidden: bool | None = None
    recorder: bool | None = None
    agent: bool | None = None
    destination_room: str | None = None

    @property
    def may_publish(self) -> bool:
        """Publishing is allowed when the token is silent about it."""
        return self.can_publish is not False

    @property
    def may_subscribe(self) -> bool:
        """Subscribing is allowed when the token is silent about it."""
        return self.can_subscribe is not False

    @property
    def may_publish_data(self) -> bool:
        """Data follows publishing when the token is silent about it."""
        return self.may_publish if self.can_publish_data is None else self.can_publish_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Everything a token says. `room_config` is kept as the JSON object it came as.

    `issued_at` is `iat`, or `nbf` of issuers that write only that (LiveKit's do), or 0.
    """

    identity: str = ""
    name: str = ""
    kind: str = ""
    metadata: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    grant: Grant = field(default_factory=Grant)
    room_config: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""
    api_key: str = ""
    expires_at: int = 0
    issued_at: int = 0


def sign(claims: Claims, *, key: str, secret: str, now: float, life_s: float = DEFAULT_LIFE_S) -> str:
    """A token good from now for `life_s` seconds. `api_key`, `expires_at` and `issued_at` are not read."""
    payload: dict[str, Any] = {"iss": key, "nbf": int(now), "exp": int(now + life_s)}
    plain = {
        "sub": claims.identity,
        "name": claims.name,
        "kind": claims.kind,
        "metadata": claims.metadata,
        "attributes": dict(claims.attributes),
        "roomConfig": dict(claims.room_config),
        "sha256": claims.sha256,
        "video": _grant_json(claims.grant),
    }
    payload |= {name: value for name, value in plain.items() if value}
    return jwt.encode(payload, _hmac_key(secret), algorithm=ALGORITHM)


def verify(token: str, keys: Mapping[str, str], now: float, *, needs_identity: bool = True) -> Claims:
    """The claims of a token signed by one of `keys` (key to secret); TokenError if it proves nothing."""
    payload = _decode(token, keys)
    _check_times(payload, now)
    identity = _text(payload, "sub")
    if needs_identity and not identity:
        raise TokenError("malformed", "the token names no identity (sub)")
    return Claims(
        identity=identity,
        name=_text(payload, "name"),
        kind=_text(payload, "kind"),
        metadata=_text(payload, "metadata"),
        attributes=_attributes(payload),
        grant=_grant(payload.get("video")),
        room_config=_object(payload, "roomConfig"),
        sha256=_text(payload, "sha256"),
        api_key=_text(payload, "iss"),
        expires_at=int(payload["exp"]),
        issued_at=int(payload.get("iat", payload.get("nbf", 0))),
    )


def _hmac_key(secret: str) -> bytes:
    # HMAC itself pads keys with zeros (RFC 2104), so this is the same key; the library warns about short
    # ones on every call, and whether a secret is strong enough is decided where settings are read
    return secret.encode().ljust(32, b"\0")


def _decode(token: str, keys: Mapping[str, str]) -> dict[str, Any]:
    if not token or len(token) > TOKEN_BYTES_LIMIT:
        raise TokenError("malformed", "no token, or one of absurd length")
    # times are checked here against the `now` passed in, so the library's own clock is switched off
    options: Any = {"require": ["exp", "iss"], "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    options |= {"verify_aud": False, "verify_sub": False}
    try:
        unproven = jwt.decode(token, options={"verify_signature": False})
        issuer = unproven.get("iss")
        secret = keys.get(issuer) if isinstance(issuer, str) else None
        if secret is None:
            raise TokenError("unknown_key", "the token was issued by an unknown key")
        return jwt.decode(token, _hmac_key(secret), algorithms=[ALGORITHM], options=options)
    except jwt.InvalidSignatureError as error:
        raise TokenError("bad_signature", "the token's signature is wrong") from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise TokenError("malformed", f"the token cannot be read: {error}") from error


def _check_times(payload: Mapping[str, Any], now: float) -> None:
    for claim in ("exp", "nbf", "iat"):
        value = payload.get(claim, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
            raise TokenError("malformed", f"{claim} is not a time")
    if payload["exp"] + LEEWAY_S <= now:
        raise TokenError("expired", "the token has expired")
    if payload.get("nbf", 0) - LEEWAY_S > now:
        raise TokenError("not_yet", "the token is not valid yet")


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TokenError("malformed", f"{name} is not a text")
    return value


def _object(payload: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = payload.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TokenError("malformed", f"{name} is not an object")
    return value


def _attributes(payload: Mapping[str, Any]) -> dict[str, str]:
    attributes = _object(payload, "attributes")
    if not all(isinstance(value, str) for value in attributes.values()):
        raise TokenError("malformed", "attributes are texts")
    return attributes


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


_TEXTS = ("room", "destination_room")
_GRANT_FIELDS = tuple((item.name, _camel(item.name)) for item in fields(Grant))


def _grant(video: Any) -> Grant:
    if video is None:
        return Grant()
    if not isinstance(video, dict):
        raise TokenError("malformed", "video is not an object")
    known = {name: video[wire] for name, wire in _GRANT_FIELDS if video.get(wire) is not None}
    for name, value in known.items():
        if name == "can_publish_sources":
            if not isinstance(value, list) or not all(isinstance(source, str) for source in value):
                raise TokenError("malformed", "canPublishSources is a list of texts")
            known[name] = tuple(source.lower() for source in value)
        elif not isinstance(value, str if name in _TEXTS else bool):
            raise TokenError("malformed", f"{_camel(name)} has the wrong type")
    return Grant(**known)


def _grant_json(grant: Grant) -> dict[str, Any]:
    values = {wire: getattr(grant, name) for name, wire in _GRANT_FIELDS}
    plain = {wire: value for wire, value in values.items() if value is not None}
    if "canPublishSources" in plain:
        plain["canPublishSources"] = list(plain["canPublishSources"])
    return plain
