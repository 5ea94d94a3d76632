"""Who may come in: a join token and the query of the connection, made into the media plane's JoinRequest.

A refusal carries the HTTP status with which clients tell "never" from "not now" (livekit.md 1.1).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from livekit.protocol import room as room_messages
from livekit.protocol import rtc

from sfu.config import JoinRequest, RoomRequest
from sfu.ids import Identity, ParticipantSid, RoomName
from signaling.protocol.naming import is_name
from signaling.protocol.tokens import Claims
from signaling.session import requests, translate
from signaling.session.snapshot import OLDEST_CLIENT_PROTOCOL
from signaling.session.wish import Wish, read

# from it on clients know RoomMoved
MOVING_CLIENT_PROTOCOL = 16


class Refusal(Exception):
    """Nobody enters this way. `status` is an HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Somebody who may enter. `first`: the requests that came with the wish to."""

    room: RoomName
    request: JoinRequest
    is_resume: bool
    resumed_sid: ParticipantSid
    first: tuple[rtc.SignalRequest, ...] = ()


def admit(claims: Claims, query: Mapping[str, str], user_agent: str = "", *, needs_request: bool = False) -> Admission:
    """Check a verified token against what the connection asks for; Refusal if it does not fit.

    `needs_request`: the path is one on which only a `join_request` is understood.
    """
    grant = claims.grant
    if grant.room_join is not True:
        raise Refusal(401, "the token does not let anybody join a room")
    if not is_name(claims.identity):
        raise Refusal(400, "identity is empty, over-long or unprintable")
    if not is_name(grant.room or ""):
        raise Refusal(400, "room name is empty, over-long or unprintable")
    wish = _wish(query, needs_request)
    name = RoomName(grant.room or "")
    return Admission(
        room=name,
        request=_join_request(claims, wish, name, user_agent),
        is_resume=wish.is_resume,
        resumed_sid=wish.sid,
        first=wish.first,
    )


def _wish(query: Mapping[str, str], needs_request: bool) -> Wish:
    try:
        wish = read(query, needs_request=needs_request)
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    if wish.protocol is not None and wish.protocol < OLDEST_CLIENT_PROTOCOL:
        raise Refusal(400, f"clients below protocol {OLDEST_CLIENT_PROTOCOL} are not served")
    return wish


def _join_request(claims: Claims, wish: Wish, name: RoomName, user_agent: str) -> JoinRequest:
    metadata = wish.metadata or claims.metadata
    attributes = dict(claims.attributes) | dict(wish.attributes)
    refusal = requests.change_refusal(name=claims.name, metadata=metadata, attributes=attributes)
    if refusal:
        raise Refusal(400, refusal)
    return JoinRequest(
        identity=Identity(claims.identity),
        name=claims.name,
        metadata=metadata,
        attributes=attributes,
        permission=translate.permission_of_grant(claims.grant),
        auto_subscribe=wish.auto_subscribe,
        adaptive_stream=wish.adaptive_stream,
        can_reuse_sections=not _is_safari(wish.browser, user_agent),
        has_single_transport=wish.is_single,
        can_move=(wish.protocol or 0) >= MOVING_CLIENT_PROTOCOL,
        room=room_request_of_claims(claims, name),
        passthrough=translate.participant_passthrough(
            kind=claims.kind, client_protocol=wish.client_protocol, capabilities=wish.capabilities
        ),
    )


def _is_safari(browser: str, user_agent: str) -> bool:
    """Safari and the browsers of iPhones, which are Safari inside, lose a media section that is used again."""
    if browser.lower() == "safari":
        return True
    return "AppleWebKit" in user_agent and not any(name in user_agent for name in ("Chrome/", "Chromium/", "Edg/"))


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
