"""S10: everything in Python that reads bytes of others, beside good inputs bent by seeded noise.

Each reader takes its input or refuses it by its own error, within bounded time of the processor. A few hundred inputs
each time, 30 s for each reader among the slow tests; the line that is printed says what was tried and how often it was
taken. What once went wrong is kept in `KEPT`.
"""

import base64
import gzip
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from livekit.protocol import models, room, rtc

from sfu.config import Permission
from sfu.errors import SdpError
from sfu.media import DataKind
from sfu.sdp.publisher import read_offer
from sfu.sdp.viewing import read_viewing
from signaling.api.twirp import TwirpError, _parse
from signaling.protocol import tokens
from signaling.protocol.tokens import TokenError
from signaling.session import data, wish
from signaling.session.admission import Refusal, admit
from signaling.session.fragment import read_fragment
from signaling.session.ingest import read_ingest
from signaling.session.session import decode
from tests.attack.test_signal import good_offer
from tests.sfu.builders import chrome_offer
from tests.sfu.sdp.test_subscriber import a_subscriber, a_track, an_answer
from tests.signaling.builders import a_participant
from tests.signaling.test_session import an_open_session
from tests.signaling.wire import KEY, SECRET, a_token
from tests.support.bent_messages import bend
from tests.support.noise import Noise

TRANSCRIPTS = Path(__file__).parents[1] / "signaling" / "transcripts"
ROUNDS = 300
SECONDS = float(os.environ.get("LOPHOP_FUZZ_S", "30"))
"""As in `deploy/fuzz.sh`."""
SLOWEST_S = 0.5
"""Of processor time for 64 KiB at most: what grows with the square of its input takes longer."""
NOW = 1_800_000_000.0
PEOPLE = (a_participant("an"), a_participant("binh"))
KEPT: dict[str, tuple[bytes, ...]] = {}


def requests() -> list[rtc.SignalRequest]:
    """What real clients said, and a state to go on with."""
    lines = [
        line for name in ("browser", "python") for line in (TRANSCRIPTS / f"{name}.jsonl").read_text().splitlines()
    ]
    sync = rtc.SyncState(
        answer=rtc.SessionDescription(type="answer", sdp=chrome_offer(), id=3),
        subscription=rtc.UpdateSubscription(track_sids=["TR_a", "TR_b"], subscribe=True),
        publish_tracks=[rtc.TrackPublishedResponse(cid="c", track=models.TrackInfo(sid="TR_c"))],
        data_channels=[rtc.DataChannelInfo(label="_reliable", id=1)],
        track_sids_disabled=["TR_b"],
        datachannel_receive_states=[rtc.DataChannelReceiveState(publisher_sid="PA_x", last_seq=7)],
    )
    return [json_format.Parse(line, rtc.SignalRequest()) for line in lines] + [rtc.SignalRequest(sync_state=sync)]


def packets() -> list[models.DataPacket]:
    header = models.DataStream.Header(stream_id="s", topic="lk.chat", text_header=models.DataStream.TextHeader())
    chunk = models.DataStream.Chunk(stream_id="s", content=b"xin ch\xc3\xa0o")
    legacy = json.dumps({"message": "hi", "timestamp": 1}).encode()
    return [
        models.DataPacket(user=models.UserPacket(payload=legacy, topic="lk-chat-topic", destination_identities=["an"])),
        models.DataPacket(chat_message=models.ChatMessage(id="1", message="hi")),
        models.DataPacket(stream_header=header, participant_identity="an"),
        models.DataPacket(stream_chunk=chunk),
        models.DataPacket(stream_trailer=models.DataStream.Trailer(stream_id="s")),
        models.DataPacket(rpc_request=models.RpcRequest(id="1", method="m", payload="{}")),
    ]


def join_request() -> rtc.JoinRequest:
    return rtc.JoinRequest(
        client_info=models.ClientInfo(protocol=17, browser="Chrome"),
        connection_settings=rtc.ConnectionSettings(auto_subscribe=True),
        participant_attributes={"hand": "up"},
        add_track_requests=[rtc.AddTrackRequest(cid="1")],
        publisher_offer=rtc.SessionDescription(type="offer", sdp="v=0\r\n", id=1),
        sync_state=rtc.SyncState(track_sids_disabled=["TR_a"]),
    )


# readers: True when the input was taken, False when refused


def reads_frame(frame: bytes | str) -> bool:
    an_open_session().handle_frame(frame, NOW)
    try:
        decode(frame)
    except DecodeError:
        return False
    return True


def reads_packet(payload: bytes) -> bool:
    packet = data.read(payload)
    routed = data.route(packet, DataKind.RELIABLE, PEOPLE[0], PEOPLE) if packet is not None else None
    if routed is not None:
        data.ChatReader().read(routed.packet)
    return routed is not None


def reads_offer(text: bytes) -> bool:
    try:
        return bool(read_offer(text.decode("utf-8", "replace")).sending)
    except SdpError:
        return False


def reads_answer(text: bytes) -> bool:
    subscriber = a_subscriber()
    subscriber.add(a_track())
    subscriber.offer()
    try:
        return subscriber.answer(text.decode("utf-8", "replace"), subscriber.offer_id) is not None
    except SdpError:
        return False


def reads_player(text: bytes) -> bool:
    try:
        return bool(read_viewing(text.decode("utf-8", "replace"), itertools.count(1).__next__))
    except SdpError:
        return False


def reads_whip(text: bytes) -> bool:
    try:
        return bool(read_ingest(text.decode("utf-8", "replace"), Permission(), "").tracks)
    except Refusal:
        return False


def reads_fragment(text: bytes) -> bool:
    try:
        read_fragment(text.decode("utf-8", "replace"))
    except Refusal:
        return False
    return True


def reads_wish(packed: bytes) -> bool:
    try:
        wish.unwrap(base64.urlsafe_b64encode(packed).decode())
        wish.read({"join_request": base64.urlsafe_b64encode(packed).decode()}, needs_request=True)
    except ValueError:
        return False
    return True


def reads_query(text: bytes) -> bool:
    claims = tokens.Claims(identity="an", grant=tokens.Grant(room="r", room_join=True))
    pairs = (part.partition("=") for part in text.decode("latin1").split("&"))
    try:
        admit(claims, {name: value for name, _, value in pairs})
    except Refusal:
        return False
    return True


def reads_token(token: bytes) -> bool:
    try:
        tokens.verify(token.decode("latin1"), {KEY: SECRET}, time.time())
    except TokenError:
        return False
    return True


def reads_call(body: bytes) -> bool:
    is_json = body[:1] in (b"{", b"[", b'"')
    try:
        _parse(body, room.CreateRoomRequest, is_json=is_json)
    except TwirpError:
        return False
    return True


# what is bent


@dataclass(frozen=True, slots=True)
class Reader:
    """One that reads, and good inputs for it; `messages` are bent as messages too."""

    reads: Callable[[bytes], bool]
    seeds: tuple[bytes, ...]
    messages: tuple[Message, ...] = ()
    wrap: Callable[[bytes], bytes] = bytes

    def inputs(self, noise: Noise) -> Iterator[bytes]:
        """Without end."""
        good = (*self.seeds, *(self.wrap(message.SerializeToString()) for message in self.messages))
        for index in itertools.count():
            seed = noise.random.choice(good)
            match index % 8:
                case 0:
                    yield noise.some(400)
                case 1 | 2 | 3 if self.messages:
                    message = type(self.messages[0])()
                    message.CopyFrom(noise.random.choice(self.messages))
                    bend(message, noise)
                    yield self.wrap(message.SerializeToString())
                case 4:
                    yield _of_lines(seed, noise)
                case 5:
                    other = noise.random.choice(good)
                    yield (
                        seed[: noise.random.randrange(len(seed) + 1)] + other[noise.random.randrange(len(other) + 1) :]
                    )
                case _:
                    yield noise.bent(seed)


def _of_lines(seed: bytes, noise: Noise) -> bytes:
    """Lines lost, doubled, exchanged, cut and bent."""
    lines = seed.split(b"\n")
    for _ in range(noise.random.randrange(1, 6)):
        at = noise.random.randrange(len(lines))
        match noise.random.randrange(5):
            case 0 if len(lines) > 1:
                del lines[at]
            case 1:
                lines.insert(at, noise.random.choice(lines))
            case 2:
                lines[at] = noise.bent(lines[at])
            case 3:
                lines[at] = lines[at][: noise.random.randrange(len(lines[at]) + 1)]
            case _:
                lines[at:at] = [lines[at]] * noise.random.choice((2, 40, 400))
    return b"\n".join(lines)[:65_536]


def _wrapped(inner: bytes) -> bytes:
    kind = rtc.WrappedJoinRequest.Compression
    packed = len(inner) % 2 == 0
    return rtc.WrappedJoinRequest(
        compression=kind.GZIP if packed else kind.NONE, join_request=gzip.compress(inner) if packed else inner
    ).SerializeToString()


def _answer_seed() -> bytes:
    subscriber = a_subscriber()
    subscriber.add(a_track())
    return an_answer(subscriber.offer()[0]).encode()


def _as_text(frame: bytes) -> bytes:
    return json_format.MessageToJson(rtc.SignalRequest.FromString(frame), indent=0).encode("utf-8", "surrogatepass")


MEETING = chrome_offer().encode()
BROADCAST = good_offer().encode()
FRAGMENT = (
    b"a=ice-ufrag:abcd\r\na=ice-pwd:"
    + b"p" * 22
    + b"\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 1 ::1 9\r\n"
)
QUERY = b"protocol=17&auto_subscribe=1&adaptive_stream=0&sdk=js&version=2&reconnect=1&sid=PA_a&attributes=eyJhIjoiYiJ9"
CALLS = (room.CreateRoomRequest(name="r", empty_timeout=5, metadata="m", max_participants=3),)
READERS = {
    "signal frames": Reader(reads_frame, (), tuple(requests())),
    "signal texts": Reader(
        lambda frame: reads_frame(frame.decode("utf-8", "replace")), (), tuple(requests()), _as_text
    ),
    "data packets": Reader(reads_packet, (), tuple(packets())),
    "join requests": Reader(reads_wish, (), (join_request(),), _wrapped),
    "join queries": Reader(reads_query, (QUERY,)),
    "join tokens": Reader(reads_token, (a_token(life_s=10_000).encode(),)),
    "publishers' offers": Reader(reads_offer, (MEETING,)),
    "subscribers' answers": Reader(reads_answer, (_answer_seed(),)),
    "players' offers": Reader(reads_player, (MEETING.replace(b"a=sendonly", b"a=recvonly"),)),
    "WHIP bodies": Reader(reads_whip, (BROADCAST,)),
    "WHIP fragments": Reader(reads_fragment, (FRAGMENT,)),
    "server calls": Reader(reads_call, (b'{"name": "r", "emptyTimeout": 5, "metadata": "m"}',), CALLS),
}


def tried(name: str, inputs: Iterator[bytes]) -> str:
    """Each input once; the line."""
    reader, count, taken, slowest_s, worst = READERS[name], 0, 0, 0.0, b""
    for one in inputs:
        began = time.process_time()
        try:
            taken += reader.reads(one)
        except Exception as error:
            raise AssertionError(f"{name}: {type(error).__name__} on {one[:2000]!r}") from error
        took_s = time.process_time() - began
        count += 1
        if took_s > slowest_s:
            slowest_s, worst = took_s, one
    assert slowest_s < SLOWEST_S, f"{name}: {slowest_s:.2f} s on {len(worst)} bytes {worst[:2000]!r}"
    assert 0 < taken < count, f"{name}: {taken} of {count} taken: the noise is too strong or too weak"
    return f"S10 {name}: tried {count}, taken {taken}, slowest {slowest_s * 1e3:.1f} ms, crashes 0\n"


@pytest.mark.parametrize("name", READERS)
def test_good_inputs_are_taken_and_what_once_went_wrong_does_not(name: str) -> None:
    reader = READERS[name]
    for one in (*reader.seeds, *(reader.wrap(message.SerializeToString()) for message in reader.messages)):
        assert reader.reads(one)
    for one in KEPT.get(name, ()):
        reader.reads(one)


@pytest.mark.parametrize("name", READERS)
def test_some_hundred_bent_inputs(name: str) -> None:
    sys.stdout.write(tried(name, itertools.islice(READERS[name].inputs(Noise(10)), ROUNDS)))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", READERS)
def test_bent_inputs_for_half_a_minute(name: str) -> None:
    end = time.monotonic() + SECONDS
    inputs = READERS[name].inputs(Noise(int(time.time())))
    sys.stdout.write(tried(name, itertools.takewhile(lambda _: time.monotonic() < end, inputs)))
