"""A participant written by hand: signal messages, session descriptions and packets are whatever the test says.

`join`, `publish` and `subscribe` do it right; an attack begins from there, or replaces one of the parts.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp import WSMsgType
from google.protobuf import json_format
from livekit.protocol import models, rtc

from tests.sfu.wire import Rtp, vp8_payload
from tests.signaling.wire import Wire, wired
from tests.support.live_node import LiveNode
from tests.support.scripted_association import PATIENCE_S, Association, Refused

OPUS, VP8, VP8_RTX = 111, 96, 97
MID_ID, RID_ID, TWCC_ID, LEVEL_ID = 1, 2, 3, 4
URI = "urn:ietf:params:rtp-hdrext:"
TWCC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


@dataclass(slots=True, kw_only=True)
class Section:
    """One media section of an offer, as text is made of it."""

    kind: str
    mid: str
    cid: str
    ssrc: int = 0
    rids: tuple[str, ...] = ()
    protocol: str = "UDP/TLS/RTP/SAVPF"
    extra: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        formats = str(OPUS) if self.kind == "audio" else f"{VP8} {VP8_RTX}"
        lines = [f"m={self.kind} 9 {self.protocol} {formats}", "c=IN IP4 0.0.0.0", f"a=mid:{self.mid}", "a=sendonly"]
        lines += ["a=rtcp-mux", f"a=msid:- {self.cid}", f"a=extmap:{MID_ID} {URI}sdes:mid"]
        lines += [f"a=extmap:{RID_ID} {URI}sdes:rtp-stream-id", f"a=extmap:{TWCC_ID} {TWCC_URI}"]
        if self.kind == "audio":
            lines += [f"a=extmap:{LEVEL_ID} {URI}ssrc-audio-level", f"a=rtpmap:{OPUS} opus/48000/2"]
        else:
            lines += [f"a=rtpmap:{VP8} VP8/90000", f"a=rtpmap:{VP8_RTX} rtx/90000", f"a=fmtp:{VP8_RTX} apt={VP8}"]
            lines += [f"a=rtcp-fb:{VP8} nack", f"a=rtcp-fb:{VP8} nack pli", f"a=rtcp-fb:{VP8} transport-cc"]
        if self.ssrc:
            lines += [f"a=ssrc:{self.ssrc} cname:scripted"]
        if self.rids:
            lines += [f"a=rid:{rid} send" for rid in self.rids] + ["a=simulcast:send " + ";".join(self.rids)]
        return [*lines, *self.extra]


def data_section(mid: str) -> list[str]:
    lines = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", f"a=mid:{mid}"]
    return [*lines, "a=sctp-port:5000", "a=max-message-size:262144"]


def an_offer(sections: Iterable[list[str]], *, transport: Iterable[str]) -> str:
    """`transport`: the attributes that every section repeats (ICE, fingerprint, setup)."""
    sections = list(sections)
    mids = [line.removeprefix("a=mid:") for section in sections for line in section if line.startswith("a=mid:")]
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE " + " ".join(mids)]
    for section in sections:
        lines += [*section[:2], *transport, *section[2:]]
    return "\r\n".join(lines) + "\r\n"


def transport_lines(fingerprint: str, setup: str = "actpass") -> list[str]:
    credentials = [f"a=ice-ufrag:{secrets.token_hex(3)}", f"a=ice-pwd:{secrets.token_hex(12)}"]
    return [*credentials, f"a=fingerprint:{fingerprint}", f"a=setup:{setup}"]


def value_of(sdp: str, name: str) -> str:
    """The first `a=name:` of a description."""
    return next(line.partition(":")[2] for line in sdp.splitlines() if line.startswith(f"a={name}:"))


def an_answer(offer: str, fingerprint: str) -> str:
    """Takes everything that is offered; as DTLS client."""
    lines: list[str] = []
    for line in offer.splitlines():
        if line.startswith("m="):
            lines += [line, "c=IN IP4 0.0.0.0", *transport_lines(fingerprint, "active")]
        elif line == "a=sendonly":
            lines.append("a=recvonly")
        elif not line.startswith(("a=ice-", "a=fingerprint", "a=setup", "a=candidate", "a=end-of", "a=ssrc", "a=msid")):
            lines += [line] if not line.startswith("c=") else []
    return "\r\n".join(lines) + "\r\n"


def _without(sdp: str, words: tuple[str, ...]) -> str:
    return "".join(line for line in sdp.splitlines(keepends=True) if not any(word in line for word in words))


@dataclass(slots=True)
class ScriptedPerson:
    """Made by `a_scripted_person`."""

    node: LiveNode
    wire: Wire
    identity: str
    joined: rtc.JoinResponse = field(default_factory=rtc.JoinResponse)
    publisher: Association | None = None
    subscriber: Association | None = None
    sections: list[Section] = field(default_factory=list)
    sids: dict[str, str] = field(default_factory=dict)
    is_closed: bool = False
    # lines of an offer with one of these in them are not taken
    declines: tuple[str, ...] = ()
    _kept: list[rtc.SignalResponse] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _sequences: dict[int, int] = field(default_factory=dict)

    async def listen(self) -> None:
        """Keeps what the server says, until it closes the socket."""
        while (message := await self.wire.socket.receive()).type in (WSMsgType.BINARY, WSMsgType.TEXT):
            if message.type is WSMsgType.BINARY:
                self._kept.append(rtc.SignalResponse.FromString(message.data))
            else:
                self._kept.append(json_format.Parse(message.data, rtc.SignalResponse(), ignore_unknown_fields=True))
            self._news.set()
        self.is_closed = True
        self._news.set()

    def _take(self, member: str) -> Any:
        for at, response in enumerate(self._kept):
            if response.WhichOneof("message") == member:
                return self._kept.pop(at)
        return None

    async def next(self, member: str) -> Any:
        """The next message of that kind; others are kept for later calls. `Refused` when the socket is closed."""
        async with asyncio.timeout(PATIENCE_S):
            while (response := self._take(member)) is None:
                if self.is_closed:
                    raise Refused(f"closed before {member}")
                self._news.clear()
                await self._news.wait()
            return getattr(response, member)

    async def announce(self, section: Section) -> str:
        """AddTrack; the sid that the track has from now on."""
        source = models.TrackSource.MICROPHONE if section.kind == "audio" else models.TrackSource.CAMERA
        kind = models.TrackType.AUDIO if section.kind == "audio" else models.TrackType.VIDEO
        await self.wire.ask(add_track=rtc.AddTrackRequest(cid=section.cid, type=kind, source=source))
        published = await self.next("track_published")
        self.sids[section.mid] = published.track.sid
        return str(published.track.sid)

    async def offer(self, sdp: str) -> str:
        """The answer's text."""
        await self.wire.ask(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=7))
        return str((await self.next("answer")).sdp)

    async def publish(self, *sections: Section, has_data: bool = False) -> Association:
        """Announces, offers, connects and shakes hands; packets may flow."""
        self.sections = list(sections)
        for section in sections:
            await self.announce(section)
        association = await Association.open(self.node.media_address, "", "", news=self._news)
        parts = [section.lines() for section in sections] + ([data_section("data")] if has_data else [])
        answer = await self.offer(an_offer(parts, transport=transport_lines(association.fingerprint)))
        association.ufrag, association.pwd = value_of(answer, "ice-ufrag"), value_of(answer, "ice-pwd")
        self.publisher = association
        await association.connect()
        await association.handshake()
        return association

    async def subscribe(self) -> Association:
        """Answers the server's newest offer; connects and shakes hands the first time."""
        offer = await self.next("offer")
        association = self.subscriber
        if association is None:
            address = self.node.media_address
            pair = value_of(offer.sdp, "ice-ufrag"), value_of(offer.sdp, "ice-pwd")
            association = self.subscriber = await Association.open(address, *pair, news=self._news)
        answer = an_answer(_without(offer.sdp, self.declines), association.fingerprint)
        await self.wire.ask(answer=rtc.SessionDescription(type="answer", sdp=answer, id=offer.id))
        if association.ssl is None:
            await association.connect()
            await association.handshake()
        return association

    async def receives_media(self, number: int = 1) -> Association:
        """Answers offers until packets of that many streams have come."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                association = await self.subscribe()
                while not self.has("offer"):
                    if len({packet.ssrc for packet in association.rtp}) >= number:
                        return association
                    await self.hears()

    async def keep_receiving(self) -> None:
        """Answers every offer, until cancelled."""
        while True:
            while not self.has("offer"):
                await self.hears()
            await self.subscribe()

    async def hears(self) -> None:
        """Returns when a message or a packet has come."""
        self._news.clear()
        await self._news.wait()

    def has(self, member: str) -> bool:
        """Whether a message of that kind is kept."""
        return any(response.WhichOneof("message") == member for response in self._kept)

    def packet(self, section: Section, payload: bytes = b"", **changes: Any) -> Rtp:
        """The next good packet of a section."""
        number = self._sequences[section.ssrc] = self._sequences.get(section.ssrc, 100) + 1
        is_audio = section.kind == "audio"
        fields: dict[str, Any] = {
            "payload_type": OPUS if is_audio else VP8,
            "sequence": number,
            "timestamp": number * (960 if is_audio else 9000),
            "ssrc": section.ssrc,
            "payload": payload or (b"\xfc" * 60 if is_audio else vp8_payload(number, is_key=number % 20 == 1)),
            "marker": not is_audio,
            "extensions": {MID_ID: section.mid.encode()} | ({LEVEL_ID: b"\x9e"} if is_audio else {}),
        }
        return Rtp(**(fields | changes))

    def continue_at(self, section: Section, number: int) -> None:
        """The next packet of the section has the number after this."""
        self._sequences[section.ssrc] = number

    @asynccontextmanager
    async def sending(self, *sections: Section) -> AsyncIterator[None]:
        """Good packets of these sections flow, fifty a second each, while the block runs."""

        async def send() -> None:
            assert self.publisher is not None
            while True:
                for section in sections:
                    self.publisher.send_rtp(self.packet(section))
                await asyncio.sleep(0.02)

        task = asyncio.create_task(send())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def close(self) -> None:
        for association in (self.publisher, self.subscriber):
            if association is not None:
                association.close()


@asynccontextmanager
async def a_scripted_person(
    node: LiveNode, identity: str, room: str = "attack", **grant: Any
) -> AsyncIterator[ScriptedPerson]:
    """In the room; gone at the end."""
    async with aiohttp.ClientSession(base_url=node.url) as http, AsyncExitStack() as stack:
        wire = await _admitted(stack, http, identity, room=room, **grant)
        person = ScriptedPerson(node, wire, identity)
        listening = asyncio.create_task(person.listen())
        try:
            person.joined = await person.next("join")
            yield person
        finally:
            with suppress(ConnectionError):
                await wire.ask(leave=rtc.LeaveRequest())
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            person.close()


async def _admitted(stack: AsyncExitStack, http: aiohttp.ClientSession, identity: str, **grant: Any) -> Wire:
    """Comes again as often as it is told to: a quiet machine plays more joins in a second than a node admits."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await stack.enter_async_context(wired(http, identity, **grant))
            except aiohttp.WSServerHandshakeError as refusal:
                if refusal.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
                await asyncio.sleep(0.05)
