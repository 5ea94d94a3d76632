"""Who may come in: a join token and the query of the connection, made into the media plane's JoinRequest.

A refusal carries the HTTP status with which clients tell "never" from "not now" (livekit.md 1.1).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from livekit.protocol import room as room_messages

from sfu.config import JoinRequest, RoomRequest
from sfu.ids import Identity, ParticipantSid, RoomName
from signaling.protocol.naming import is_name
from signaling.protocol.tokens import Claims
from signaling.session import requests, translate
from signaling.session.snapshot import OLDEST_CLIENT_PROTOCOL

TRUE = frozenset({"1", "true", "True", "TRUE"})


class Refusal(Exception):
    """Nobody enters this way. `status` is an HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Somebody who may enter."""

    room: RoomName
    request: JoinRequest
    is_resume: bool
    resumed_sid: ParticipantSid


def admit(claims: Claims, query: Mapping[str, str], user_agent: str = "") -> Admission:
    """Check a verified token against what the connection asks for; Refusal if it does not fit."""
    grant = claims.grant
    if grant.room_join is not True:
        raise Refusal(401, "the token does not let anybody join a room")
    if not is_name(claims.identity):
        raise Refusal(400, "identity is empty, over-long or unprintable")
    if not is_name(grant.room or ""):
        raise Refusal(400, "room name is empty, over-long or unprintable")
    protocol = _number(query.get("protocol", ""))
    if protocol is not None and protocol < OLDEST_CLIENT_PROTOCOL:
        raise Refusal(400, f"clients below protocol {OLDEST_CLIENT_PROTOCOL} are not served")
    attributes = dict(claims.attributes) | _attributes(query.get("attributes", ""))
    refusal = requests.change_refusal(name=claims.name, metadata=claims.metadata, attributes=attributes)
    if refusal:
        raise Refusal(400, refusal)
    name = RoomName(grant.room or "")
    request = JoinRequest(
        identity=Identity(claims.identity),
        name=claims.name,
        metadata=claims.metadata,
        attributes=attributes,
        permission=translate.permission_of_grant(grant),
        auto_subscribe=query.get("auto_subscribe", "1") in TRUE,
        adaptive_stream=query.get("adaptive_stream", "0") in TRUE,
        can_reuse_sections=not _is_safari(query, user_agent),
        room=room_request_of_claims(claims, name),
        passthrough=_passthrough(claims, query),
    )
    return Admission(
        room=name,
        request=request,
        is_resume=query.get("reconnect", "0") in TRUE,
        resumed_sid=ParticipantSid(query.get("sid", "")),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _is_safari(query: Mapping[str, str], user_agent: str) -> bool:
    """Safari and the browsers of iPhones, which are Safari inside, lose a media section that is used again."""
    if query.get("browser", "").lower() == "safari":
        return True
    return "AppleWebKit" in user_agent and not any(name in user_agent for name in ("Chrome/", "Chromium/", "Edg/"))


def _passthrough(claims: Claims, query: Mapping[str, str]) -> bytes:
    return translate.participant_passthrough(
        kind=claims.kind,
        client_protocol=_number(query.get("client_protocol", "")) or 0,
        capabilities=translate.capabilities(query.get("capabilities", "")),
    )


def _attributes(text: str) -> dict[str, str]:
    """The attributes a client brings itself: base64url JSON."""
    if not text:
        return {}
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise Refusal(400, "attributes cannot be read") from error
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise Refusal(400, "attributes are texts")
    return value


def room_request_of_claims(claims: Claims, name: RoomName) -> RoomRequest | None:
    """How the token wants the room to be if this join creates it."""
    if not claims.room_config:
        return None
    try:
        config = json_format.ParseDict(
            dict(claims.room_config), room_messages.RoomConfiguration(), ignore_unknown_fields=True
        )
    except (json_format.ParseError, RecursionError) as error:
        raise Refusal(400, "roomConfig cannot be read") from error
    return room_request(config, name)


def room_request(
    message: room_messages.RoomConfiguration | room_messages.CreateRoomRequest, name: RoomName
) -> RoomRequest:
    """How a room is wanted. 0 in the message means "as usual"."""
    return RoomRequest(
        name=name,
        metadata=message.metadata,
        empty_timeout_s=message.empty_timeout or None,
        departure_timeout_s=message.departure_timeout or None,
        max_participants=message.max_participants or None,
        auto_record=wants_recording(message.metadata, has_egress=message.HasField("egress")) or None,
    )


def wants_recording(metadata: str, *, has_egress: bool) -> bool:
    """Whether a room is to be recorded: told by automatic egress or by `{"lophop": {"record": true}}`."""
    if has_egress:
        return True
    try:
        value: Any = json.loads(metadata) if metadata else None
    except (ValueError, RecursionError):
        return False
    ours = value.get("lophop") if isinstance(value, dict) else None
    return isinstance(ours, dict) and ours.get("record") is True
