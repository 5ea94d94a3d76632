"""Data between participants: the sender is who it is, and the addressed get it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models

from sfu.config import Permission
from sfu.media import DataKind
from signaling.session import data
from signaling.session.data import ChatReader
from tests.signaling.builders import a_participant

AN, BINH, CHI = a_participant("an"), a_participant("binh"), a_participant("chi")
MEMBERS = (AN, BINH, CHI)


def a_packet(**values: object) -> models.DataPacket:
    return models.DataPacket(user=models.UserPacket(payload=b"hi", topic="t"), **values)


def test_the_sender_is_written_by_the_server() -> None:
    packet = a_packet(participant_identity="chi", participant_sid="PA_chi", sequence=9)
    packet.user.participant_identity = "chi"
    routed = data.route(packet, DataKind.LOSSY, AN, MEMBERS)
    assert routed is not None
    sent = models.DataPacket.FromString(routed.payload)
    assert (sent.participant_identity, sent.participant_sid) == ("an", "PA_an")
    assert (sent.user.participant_identity, sent.user.topic, sent.sequence) == ("an", "t", 9)
    assert sent.kind == models.DataPacket.Kind.LOSSY


def test_everybody_but_the_sender_gets_it() -> None:
    routed = data.route(a_packet(), DataKind.RELIABLE, AN, MEMBERS)
    assert routed is not None and routed.recipients == (BINH.sid, CHI.sid)


@pytest.mark.parametrize(
    "packet",
    [
        a_packet(destination_identities=["chi"]),
        models.DataPacket(user=models.UserPacket(destination_identities=["chi"])),
        models.DataPacket(user=models.UserPacket(destination_sids=["PA_chi"])),
    ],
)
def test_the_addressed_alone_get_it(packet: models.DataPacket) -> None:
    routed = data.route(packet, DataKind.RELIABLE, AN, MEMBERS)
    assert routed is not None and routed.recipients == (CHI.sid,)


def test_a_packet_for_nobody_here_reaches_nobody() -> None:
    routed = data.route(a_packet(destination_identities=["dung"]), DataKind.RELIABLE, AN, MEMBERS)
    assert routed is not None and routed.recipients == ()


def test_the_hidden_send_without_a_name() -> None:
    hidden = a_participant("an", permission=Permission(is_hidden=True))
    routed = data.route(a_packet(), DataKind.RELIABLE, hidden, MEMBERS)
    assert routed is not None and routed.packet.participant_identity == ""


def test_kinds_of_the_server_and_of_agents_are_not_relayed() -> None:
    speaker = models.DataPacket(speaker=models.ActiveSpeakerUpdate())
    assert data.route(speaker, DataKind.LOSSY, AN, MEMBERS) is None
    words = models.DataPacket(transcription=models.Transcription())
    assert data.route(words, DataKind.RELIABLE, AN, MEMBERS) is None
    agent = a_participant("an", permission=Permission(is_agent=True))
    assert data.route(words, DataKind.RELIABLE, agent, MEMBERS) is not None


def test_frames_of_data_tracks_are_no_packets() -> None:
    assert data.route(a_packet(), DataKind.DATA_TRACK, AN, MEMBERS) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_a_packet_or_nothing(payload: bytes) -> None:
    packet = data.read(payload)
    if packet is not None:
        data.route(packet, DataKind.RELIABLE, AN, MEMBERS)
        ChatReader().read(packet)


def test_an_over_long_or_empty_message_is_nothing() -> None:
    assert data.read(b"") is None
    assert data.read(a_packet().SerializeToString() + bytes(70_000)) is None


def test_the_server_speaks_without_sender_and_sequence() -> None:
    packet = data.from_server(data=b"x", topic="t", is_lossy=True, identities=["an"], sids=[])
    assert (packet.participant_sid, packet.sequence, packet.user.topic) == ("", 0, "t")
    assert packet.kind == models.DataPacket.Kind.LOSSY and list(packet.destination_identities) == ["an"]


def header(topic: str = data.CHAT_TOPIC, sender: str = "PA_an") -> models.DataPacket:
    text = models.DataStream.Header(stream_id="s", topic=topic, text_header=models.DataStream.TextHeader())
    return models.DataPacket(participant_sid=sender, stream_header=text)


def chunk(content: bytes, sender: str = "PA_an") -> models.DataPacket:
    return models.DataPacket(
        participant_sid=sender, stream_chunk=models.DataStream.Chunk(stream_id="s", content=content)
    )


def trailer(sender: str = "PA_an") -> models.DataPacket:
    return models.DataPacket(participant_sid=sender, stream_trailer=models.DataStream.Trailer(stream_id="s"))


def test_a_text_stream_is_one_chat_line() -> None:
    chat = ChatReader()
    word = "chào cả lớp".encode()
    assert [chat.read(part) for part in (header(), chunk(word[:3]), chunk(word[3:]))] == [None] * 3
    assert chat.read(trailer()) == "chào cả lớp"
    assert chat.read(trailer()) is None


def test_streams_of_two_senders_are_kept_apart() -> None:
    chat = ChatReader()
    for part in (header(), header(sender="PA_b"), chunk(b"one"), chunk(b"two", sender="PA_b")):
        chat.read(part)
    assert (chat.read(trailer(sender="PA_b")), chat.read(trailer())) == ("two", "one")


def test_streams_of_other_topics_are_no_chat() -> None:
    chat = ChatReader()
    for part in (header(topic="files"), chunk(b"x")):
        chat.read(part)
    assert chat.read(trailer()) is None


def test_streams_that_never_end_are_forgotten() -> None:
    chat = ChatReader()
    for number in range(data.OPEN_STREAMS_LIMIT + 1):
        chat.read(header(sender=f"PA_{number}"))
    assert chat.read(trailer(sender="PA_0")) is None


def legacy(**message: object) -> models.DataPacket:
    payload = json.dumps(message).encode()
    return models.DataPacket(user=models.UserPacket(topic=data.LEGACY_CHAT_TOPIC, payload=payload))


def test_older_ways_to_chat_count_once() -> None:
    chat = ChatReader()
    assert chat.read(models.DataPacket(chat_message=models.ChatMessage(message="a"))) == "a"
    assert chat.read(legacy(message="b")) == "b"
    assert chat.read(legacy(message="b", ignoreLegacy=True)) is None
    assert chat.read(legacy(message=7)) is None
    assert chat.read(models.DataPacket(user=models.UserPacket(topic=data.LEGACY_CHAT_TOPIC, payload=b"{"))) is None


def test_an_endless_line_is_cut_and_an_empty_one_dropped() -> None:
    chat = ChatReader()
    long = models.DataPacket(chat_message=models.ChatMessage(message="x" * 9000))
    assert len(chat.read(long) or "") == data.CHAT_CHARACTERS_LIMIT
    assert chat.read(models.DataPacket(chat_message=models.ChatMessage(message=" \n"))) is None
