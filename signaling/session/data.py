"""Data between participants: whose word it is, who hears it, and what of it is chat.

The sender's identity is written by the server, never believed. A packet that cannot be read is dropped and
harms nobody. Kinds that the server alone may originate are not relayed.
"""

import json
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from livekit.protocol import models

from sfu.config import ParticipantInfo, ParticipantState
from sfu.ids import ParticipantSid
from sfu.media import DataKind

PACKET_BYTES_LIMIT = 64 * 1024
RELAYED = frozenset(
    {
        "user",
        "sip_dtmf",
        "chat_message",
        "rpc_request",
        "rpc_ack",
        "rpc_response",
        "stream_header",
        "stream_chunk",
        "stream_trailer",
        "encrypted_packet",
    }
)
AGENTS_ONLY = frozenset({"transcription"})
METRICS = "metrics"
CHAT_TOPIC = "lk.chat"
LEGACY_CHAT_TOPIC = "lk-chat-topic"
CHAT_CHARACTERS_LIMIT = 8000
OPEN_STREAMS_LIMIT = 200
KINDS = {DataKind.RELIABLE: models.DataPacket.Kind.RELIABLE, DataKind.LOSSY: models.DataPacket.Kind.LOSSY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """A packet as it is passed on, and to whom."""

    packet: models.DataPacket
    payload: bytes
    recipients: tuple[ParticipantSid, ...]


def read(payload: bytes) -> models.DataPacket | None:
    """The packet in a data channel message; None when it cannot be used."""
    if len(payload) > PACKET_BYTES_LIMIT:
        return None
    try:
        packet = models.DataPacket.FromString(payload)
    except DecodeError:
        return None
    return packet if packet.WhichOneof("value") else None


def route(
    packet: models.DataPacket, kind: DataKind, sender: ParticipantInfo, members: Iterable[ParticipantInfo]
) -> Routed | None:
    """Stamp the sender on the packet and choose its recipients; None when it is not relayed at all."""
    value = packet.WhichOneof("value") or ""
    if kind not in KINDS or not _may_send(value, sender):
        return None
    wanted, wanted_sids = _destinations(packet)
    _stamp(packet, kind, sender)
    recipients = tuple(
        member.sid
        for member in members
        if member.sid != sender.sid
        and member.state is not ParticipantState.LEFT
        and (not (wanted or wanted_sids) or member.identity in wanted or member.sid in wanted_sids)
        and (value != METRICS or member.permission.can_subscribe_metrics)
    )
    return Routed(packet=packet, payload=packet.SerializeToString(), recipients=recipients)


def _may_send(value: str, sender: ParticipantInfo) -> bool:
    if value in AGENTS_ONLY:
        return sender.permission.is_agent
    return value in RELAYED or value == METRICS


def _destinations(packet: models.DataPacket) -> tuple[set[str], set[str]]:
    identities = set(packet.destination_identities)
    sids: set[str] = set()
    if packet.HasField("user"):
        identities.update(packet.user.destination_identities)
        sids.update(packet.user.destination_sids)
    return identities, sids


def _stamp(packet: models.DataPacket, kind: DataKind, sender: ParticipantInfo) -> None:
    identity = "" if sender.permission.is_hidden else sender.identity
    sid = "" if sender.permission.is_hidden else sender.sid
    packet.kind = KINDS[kind]
    packet.participant_identity = identity
    packet.participant_sid = sid
    if packet.HasField("user"):
        packet.user.participant_identity = identity
        packet.user.participant_sid = sid


def from_server(
    *, data: bytes, topic: str, is_lossy: bool, identities: Iterable[str], sids: Iterable[str]
) -> models.DataPacket:
    """A packet the server API sends. Without sender and sequence no client takes it for a duplicate."""
    kind = models.DataPacket.Kind.LOSSY if is_lossy else models.DataPacket.Kind.RELIABLE
    user = models.UserPacket(payload=data, topic=topic, destination_identities=identities, destination_sids=sids)
    return models.DataPacket(kind=kind, user=user, destination_identities=identities)


class ChatReader:
    """Finds chat lines in the packets of one room, in whichever of the three ways a client sends them.

    Text that was sent both as a stream and in the old way (`ignoreLegacy`) counts once.
    """

    def __init__(self) -> None:
        self._streams: OrderedDict[tuple[str, str], bytearray] = OrderedDict()

    def read(self, packet: models.DataPacket) -> str | None:
        """The chat line that this packet completes, if it does. The sender must be stamped already."""
        match packet.WhichOneof("value"):
            case "chat_message":
                return _line(packet.chat_message.message)
            case "user" if packet.user.topic == LEGACY_CHAT_TOPIC:
                return _legacy_line(packet.user.payload)
            case "stream_header" if packet.stream_header.topic == CHAT_TOPIC:
                return self._open(packet)
            case "stream_chunk":
                self._append(packet)
            case "stream_trailer":
                return self._finish((packet.participant_sid, packet.stream_trailer.stream_id))
        return None

    def _open(self, packet: models.DataPacket) -> str | None:
        header = packet.stream_header
        if not header.HasField("text_header"):
            return None
        if header.inline_content and not header.compression:
            return _line(header.inline_content.decode(errors="replace"))
        if len(self._streams) >= OPEN_STREAMS_LIMIT:
            self._streams.popitem(last=False)
        self._streams[packet.participant_sid, header.stream_id] = bytearray()
        return None

    def _append(self, packet: models.DataPacket) -> None:
        text = self._streams.get((packet.participant_sid, packet.stream_chunk.stream_id))
        if text is not None and len(text) <= 4 * CHAT_CHARACTERS_LIMIT:
            text += packet.stream_chunk.content

    def _finish(self, key: tuple[str, str]) -> str | None:
        text = self._streams.pop(key, None)
        return None if text is None else _line(text.decode(errors="replace"))


def _line(text: str) -> str | None:
    return text[:CHAT_CHARACTERS_LIMIT] if text.strip() else None


def _legacy_line(payload: bytes) -> str | None:
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("ignoreLegacy"):
        return None
    text = message.get("message")
    return _line(text) if isinstance(text, str) else None
