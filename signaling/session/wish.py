"""How a client wants to be in a room: read from the query of protocol v0, or from the `join_request` of v1.

A `join_request` is base64url of a message that wraps another, often gzipped. It comes from anybody with a token, so
what it inflates to is bounded and whatever is wrong with it is a ValueError with a text for the client.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from sfu.ids import ParticipantSid
from signaling.session import translate

# LiveKit's own bound on the inflated request
INFLATED_BYTES_LIMIT = 1 << 20
# more tracks than a participant may have announced at once
FIRST_TRACKS_LIMIT = 20
TRUE = frozenset({"1", "true", "True", "TRUE"})
# zlib's word for "with a gzip header"
GZIP_WINDOW = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`is_single`: one transport carries both directions. `protocol` None = not said. `first`: the requests that
    came with the wish, to be handled when it is granted.
    """

    protocol: int | None = None
    auto_subscribe: bool = True
    adaptive_stream: bool = False
    metadata: str = ""
    attributes: Mapping[str, str]
    browser: str = ""
    client_protocol: int = 0
    capabilities: tuple[str, ...] = ()
    is_single: bool = False
    is_resume: bool = False
    sid: ParticipantSid = ParticipantSid("")
    first: tuple[rtc.SignalRequest, ...] = ()


def read(query: Mapping[str, str], *, needs_request: bool = False) -> Wish:
    """`needs_request`: the path is one on which only v1 is spoken."""
    text = query.get("join_request", "")
    if text:
        return _of_request(unwrap(text))
    if needs_request:
        raise ValueError("join_request is missing")
    return Wish(
        protocol=_number(query.get("protocol", "")),
        auto_subscribe=query.get("auto_subscribe", "1") in TRUE,
        adaptive_stream=query.get("adaptive_stream", "0") in TRUE,
        attributes=_attributes(query.get("attributes", "")),
        browser=query.get("browser", ""),
        client_protocol=_number(query.get("client_protocol", "")) or 0,
        capabilities=tuple(translate.capabilities(query.get("capabilities", ""))),
        is_resume=query.get("reconnect", "0") in TRUE,
        sid=ParticipantSid(query.get("sid", "")),
    )


def unwrap(text: str) -> rtc.JoinRequest:
    """The request inside; padding may be missing, and either base64 alphabet will do."""
    try:
        packed = base64.b64decode(
            text.rstrip("=").translate(_URL_SAFE) + "=" * (-len(text.rstrip("=")) % 4), validate=True
        )
        wrapped = rtc.WrappedJoinRequest.FromString(packed)
        inner = wrapped.join_request
        if wrapped.compression == rtc.WrappedJoinRequest.Compression.GZIP:
            inner = _inflate(inner)
        elif wrapped.compression != rtc.WrappedJoinRequest.Compression.NONE:
            raise ValueError("join_request is compressed in an unknown way")
        return rtc.JoinRequest.FromString(inner)
    except (binascii.Error, DecodeError, zlib.error) as error:
        raise ValueError("join_request cannot be read") from error


_URL_SAFE = str.maketrans("-_", "+/")


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj(GZIP_WINDOW)
    inflated = inflater.decompress(data, INFLATED_BYTES_LIMIT + 1)
    if len(inflated) > INFLATED_BYTES_LIMIT:
        raise ValueError("join_request is too large")
    if not inflater.eof:
        raise ValueError("join_request is cut short")
    return inflated


def _of_request(request: rtc.JoinRequest) -> Wish:
    client, wanted = request.client_info, request.connection_settings
    return Wish(
        protocol=client.protocol if client.protocol > 0 else None,
        auto_subscribe=wanted.auto_subscribe,
        adaptive_stream=wanted.adaptive_stream,
        metadata=request.metadata,
        attributes=dict(request.participant_attributes),
        browser=client.browser,
        client_protocol=client.client_protocol,
        capabilities=tuple(_capability_names(client.capabilities)),
        is_single=True,
        is_resume=request.reconnect,
        sid=ParticipantSid(request.participant_sid),
        first=tuple(_first(request)),
    )


def _first(request: rtc.JoinRequest) -> Iterable[rtc.SignalRequest]:
    """In the order in which a client would have sent them."""
    if request.HasField("sync_state"):
        yield rtc.SignalRequest(sync_state=request.sync_state)
    if len(request.add_track_requests) > FIRST_TRACKS_LIMIT:
        raise ValueError(f"join_request has more than {FIRST_TRACKS_LIMIT} tracks")
    for track in request.add_track_requests:
        yield rtc.SignalRequest(add_track=track)
    if request.HasField("publisher_offer"):
        yield rtc.SignalRequest(offer=request.publisher_offer)


def _capability_names(values: Iterable[int]) -> Iterable[str]:
    known = models.ClientInfo.Capability.values()
    return (models.ClientInfo.Capability.Name(value) for value in values if value in known)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _attributes(text: str) -> dict[str, str]:
    """The attributes a client of v0 brings itself: base64url JSON."""
    if not text:
        return {}
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError) as error:
        raise ValueError("attributes cannot be read") from error
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise ValueError("attributes are texts")
    return value
