"""People who use LiveKit's own Python client against our node, and what they see and hear.

Nothing here waits for a time: `until` waits for a fact, and the test's own timeout is the limit.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp.test_utils import TestServer
from livekit import api, rtc

KEY, SECRET = "testkey", "a-secret-of-at-least-32-characters"
WIDTH, HEIGHT, FRAMES_PER_S = 160, 90, 5
RATE = 48000
# frames that may wait to be judged: on a machine without a free core more would come than are ever worked off
LISTENS_BEHIND = 10
EVENTS = (
    "participant_connected",
    "participant_disconnected",
    "track_published",
    "track_unpublished",
    "track_subscribed",
    "track_unsubscribed",
    "track_muted",
    "track_unmuted",
    "local_track_subscribed",
    "active_speakers_changed",
    "room_metadata_changed",
    "participant_metadata_changed",
    "participant_name_changed",
    "participant_attributes_changed",
    "participant_permissions_changed",
    "connection_quality_changed",
    "data_received",
    "token_refreshed",
    "moved",
    "disconnected",
)


def a_token(identity: str, room: str = "hall", *, name: str = "", **rights: Any) -> str:
    """A join token made by LiveKit's own library."""
    grants = api.VideoGrants(room_join=True, room=room, **rights)
    return api.AccessToken(KEY, SECRET).with_identity(identity).with_name(name).with_grants(grants).to_jwt()


@dataclass(slots=True)
class Seen:
    """What came of one remote video track."""

    frames: int = 0
    width: int = 0
    height: int = 0
    luma: float = -1.0


@dataclass(slots=True)
class Heard:
    """What came of one remote audio track: the loudest sample so far, and how many frames were a clean tone."""

    frames: int = 0
    peak: int = 0
    tones: int = 0


def a_picture(luma: int, width: int, height: int) -> rtc.VideoFrame:
    """One flat grey picture."""
    planes = bytes([luma]) * (width * height) + bytes([128]) * (2 * (width // 2) * (height // 2))
    return rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, planes)


@dataclass(slots=True)
class Person:
    """One client in a room, with everything it was told."""

    identity: str
    room: rtc.Room = field(default_factory=rtc.Room)
    told: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    data: list[rtc.DataPacket] = field(default_factory=list)
    seen: dict[str, Seen] = field(default_factory=dict)
    heard: dict[str, Heard] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _sources: list[Any] = field(default_factory=list)

    async def join(self, node: TestServer | str, token: str | None = None, **options: Any) -> None:
        """Connect, and collect every event from then on."""
        for name in EVENTS:
            self.room.on(name, self._listener(name))  # type: ignore[arg-type]
        await self.room.connect(url_of(node), token or a_token(self.identity), rtc.RoomOptions(**options))

    async def leave(self) -> None:
        """Disconnect and stop everything."""
        self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.room.disconnect()
        for source in self._sources:
            await source.aclose()

    def stop(self) -> None:
        """Publish, watch and listen no more."""
        for task in self._tasks:
            task.cancel()

    async def until(self, fact: Callable[[], Any]) -> None:
        """Wait until something is so."""
        while not fact():
            self._news.clear()
            if not fact():
                await self._news.wait()

    async def publish_camera(self, luma: int, **options: Any) -> rtc.LocalTrackPublication:
        """Show a flat picture of that brightness; `options` are TrackPublishOptions."""
        width, height = options.pop("size", (WIDTH, HEIGHT))
        source = rtc.VideoSource(width, height)
        self._sources.append(source)
        track = rtc.LocalVideoTrack.create_video_track("cam", source)
        wanted = {"source": rtc.TrackSource.SOURCE_CAMERA, "simulcast": False, "video_codec": rtc.VideoCodec.VP8}
        publication = await self.room.local_participant.publish_track(
            track, rtc.TrackPublishOptions(**(wanted | options))
        )
        self._tasks.append(asyncio.get_running_loop().create_task(_show(source, a_picture(luma, width, height))))
        return publication

    async def publish_microphone(self, hertz: int = 440) -> rtc.LocalTrackPublication:
        """Hum."""
        source = rtc.AudioSource(RATE, 1)
        self._sources.append(source)
        track = rtc.LocalAudioTrack.create_audio_track("mic", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        publication = await self.room.local_participant.publish_track(track, options)
        self._tasks.append(asyncio.get_running_loop().create_task(_hum(source, hertz)))
        return publication

    def names_of(self, event: str) -> list[tuple[Any, ...]]:
        """The arguments of every event of that name so far."""
        return [arguments for name, arguments in self.told if name == event]

    def _listener(self, name: str) -> Callable[..., None]:
        def listen(*arguments: Any) -> None:
            self.told.append((name, arguments))
            if name == "data_received":
                self.data.append(arguments[0])
            if name == "track_subscribed":
                self._watch(*arguments)
            self._news.set()

        return listen

    def _watch(self, track: Any, publication: Any, participant: Any) -> None:
        loop = asyncio.get_running_loop()
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            seen = self.seen.setdefault(participant.identity, Seen())
            self._tasks.append(loop.create_task(self._look(rtc.VideoStream(track), seen)))
        else:
            heard = self.heard.setdefault(participant.identity, Heard())
            self._tasks.append(loop.create_task(self._listen(rtc.AudioStream(track, capacity=LISTENS_BEHIND), heard)))

    async def _look(self, stream: rtc.VideoStream, seen: Seen) -> None:
        try:
            async for event in stream:
                frame = event.frame.convert(rtc.VideoBufferType.I420)
                plane = np.frombuffer(frame.get_plane(0) or b"\0", dtype=np.uint8)
                seen.luma = float(plane.mean())
                seen.width, seen.height = frame.width, frame.height
                seen.frames += 1
                self._news.set()
        finally:
            await stream.aclose()

    async def _listen(self, stream: rtc.AudioStream, heard: Heard) -> None:
        try:
            async for event in stream:
                samples = np.frombuffer(event.frame.data, dtype=np.int16)
                heard.peak = max(heard.peak, int(np.abs(samples).max()))
                power = np.abs(np.fft.rfft(samples)) ** 2
                heard.tones += bool(np.sort(power)[-3:].sum() > 0.75 * power.sum() > 0)
                heard.frames += 1
                self._news.set()
        finally:
            await stream.aclose()


async def _show(source: rtc.VideoSource, picture: rtc.VideoFrame) -> None:
    while True:
        source.capture_frame(picture)
        await asyncio.sleep(1 / FRAMES_PER_S)


async def _hum(source: rtc.AudioSource, hertz: int) -> None:
    samples = RATE // 50
    at = 0
    while True:
        phase = 2 * np.pi * hertz * (np.arange(samples) + at) / RATE
        wave = (np.sin(phase) * 12000).astype(np.int16)
        at += samples
        await source.capture_frame(rtc.AudioFrame(wave.tobytes(), RATE, 1, samples))


def url_of(node: TestServer | str) -> str:
    """Where clients connect."""
    url = node if isinstance(node, str) else str(node.make_url(""))
    return url.replace("http", "ws", 1)


@asynccontextmanager
async def people(node: TestServer, *identities: str, **options: Any) -> AsyncIterator[list[Person]]:
    """These people in the room `hall`, one after the other, until the block ends; `options` are RoomOptions."""
    present = [Person(identity) for identity in identities]
    try:
        for person in present:
            await person.join(node, **options)
        yield present
    finally:
        await asyncio.gather(*(person.leave() for person in present))
