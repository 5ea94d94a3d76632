"""A WHIP publisher and a WHEP player made of aiortc and plain HTTP requests: what any small client does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urljoin

import aiohttp
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcrtpsender import RTCRtpSender

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


@dataclass(slots=True)
class HttpMedia:
    """One peer connection and its address. `received`: tracks in the order they came."""

    http: aiohttp.ClientSession
    token: str
    peer: RTCPeerConnection = field(default_factory=RTCPeerConnection)
    received: asyncio.Queue[MediaStreamTrack] = field(default_factory=asyncio.Queue)
    address: str = ""
    tag: str = ""
    answer: str = ""
    links: list[str] = field(default_factory=list)

    def headers(self, content_type: str = "") -> dict[str, str]:
        """Who asks, and with what."""
        given = {"Authorization": f"Bearer {self.token}"}
        return given | ({"Content-Type": content_type} if content_type else {})

    def send(self, *tracks: MediaStreamTrack, codec: str = "") -> None:
        """Offer to send these."""
        for track in tracks:
            self.peer.addTrack(track)
        for transceiver in self.peer.getTransceivers():
            transceiver.direction = "sendonly"
            self._prefer(transceiver, codec)

    def watch(self, *kinds: str, codec: str = "") -> None:
        """Offer to receive one of each."""
        self.peer.on("track", self.received.put_nowait)
        for kind in kinds:
            self._prefer(self.peer.addTransceiver(kind, direction="recvonly"), codec)

    def _prefer(self, transceiver: object, codec: str) -> None:
        if codec and transceiver.kind == "video":  # type: ignore[attr-defined]
            known = RTCRtpSender.getCapabilities("video").codecs
            transceiver.setCodecPreferences([one for one in known if codec in one.mimeType])  # type: ignore[attr-defined]

    async def offer(self) -> str:
        """The offer with all candidates."""
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return str(self.peer.localDescription.sdp)

    async def begin(self, url: str) -> None:
        """Offer and take the answer."""
        sdp = await self.offer()
        async with self.http.post(url, data=sdp, headers=self.headers(SDP)) as answer:
            self.answer = await answer.text()
            assert answer.status == 201, (answer.status, self.answer)
            self.address = urljoin(url, answer.headers["Location"])
            self.tag = answer.headers["ETag"]
            self.links = answer.headers.getall("Link", [])
        await self.peer.setRemoteDescription(RTCSessionDescription(self.answer, "answer"))

    async def end(self) -> int:
        """DELETE."""
        async with self.http.delete(self.address, headers=self.headers()) as answer:
            return answer.status


@asynccontextmanager
async def http_media(token: str) -> AsyncIterator[HttpMedia]:
    """A client whose connections are closed when the block ends."""
    async with aiohttp.ClientSession() as http:
        media = HttpMedia(http, token)
        try:
            yield media
        finally:
            await media.peer.close()
