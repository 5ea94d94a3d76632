"""A person in a room by LiveKit's own Python SDK, in a process of its own (so that its line can be cut).

As a program it joins and obeys lines on stdin: `publish <zero ms>` starts camera and microphone that tell the session
second, `leave` leaves. It prints one JSON object a line: what happened and what was seen.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.process_end import end_process

WIDTH, HEIGHT, FPS = 320, 180, 10
ROOT = Path(__file__).resolve().parents[2]


class SdkPerson:
    """Start with `await SdkPerson.joined(ticket)`; `seen` collects (session second shown, unix time seen)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.seen: list[tuple[float, float]] = []
        self.events: list[dict[str, Any]] = []
        self._is_connected = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def joined(cls, ticket: dict[str, Any], gid: int | None = None) -> "SdkPerson":
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.support.sdk_person",
            ticket["url"],
            ticket["token"],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            group=os.getgid() if gid is None else gid,
        )
        person = cls(process)
        try:
            async with asyncio.timeout(30):
                await person._is_connected.wait()
        except BaseException:
            await person.end()
            raise
        return person

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            event = json.loads(line)
            self.events.append(event)
            if event["event"] == "connected":
                self._is_connected.set()
            if event["event"] == "saw":
                self.seen.append((event["second"], event["at"]))

    async def _tell(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write((command + "\n").encode())
        await self._process.stdin.drain()

    async def publish(self, zero_ms: int) -> None:
        await self._tell(f"publish {zero_ms}")

    async def leave(self) -> None:
        """Returns when the process has ended."""
        if self._process.returncode is None:
            await self._tell("leave")
        try:
            async with asyncio.timeout(20):
                await self._process.wait()
        finally:
            await self.end()

    def signal(self, number: int) -> None:
        """Sends the process a signal: SIGSTOP, SIGCONT."""
        if self._process.returncode is None:
            self._process.send_signal(number)

    async def end(self) -> None:
        """Ends the process whatever it does; nothing of it is left."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reader


@asynccontextmanager
async def people_ended(people: list[SdkPerson]) -> AsyncIterator[None]:
    """However the body ends, none of `people` runs on after it."""
    try:
        yield
    finally:
        for person in people:
            await person.end()


def tell(event: str, **values: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **values}) + "\n")
    sys.stdout.flush()


async def publish(room: Any, zero_ms: int) -> None:
    """Camera and microphone that tell the session second, until cancelled."""
    from livekit import rtc

    from tests.support.clock_media import SAMPLE_RATE, draw, i420, tone

    camera, microphone = rtc.VideoSource(WIDTH, HEIGHT), rtc.AudioSource(SAMPLE_RATE, 1)
    video = rtc.LocalVideoTrack.create_video_track("camera", camera)
    audio = rtc.LocalAudioTrack.create_audio_track("microphone", microphone)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False)
    await room.local_participant.publish_track(video, options)
    await room.local_participant.publish_track(
        audio, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False)
    )
    tell("published")

    async def show() -> None:
        while True:
            second = time.time() - zero_ms / 1000
            picture = i420(draw(max(0.0, second), WIDTH, HEIGHT))
            camera.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.I420, picture))
            await asyncio.sleep(1 / FPS)

    async def sound() -> None:
        samples = SAMPLE_RATE // 50
        start = time.time() - zero_ms / 1000
        for index in range(10**9):
            chunk = tone(start + index / 50, samples)
            await microphone.capture_frame(rtc.AudioFrame(chunk.tobytes(), SAMPLE_RATE, 1, samples))

    async with asyncio.TaskGroup() as group:
        group.create_task(show())
        group.create_task(sound())


async def watch(track: Any) -> None:
    import numpy as np
    from livekit import rtc

    from tests.support.clock_media import read

    stream = rtc.VideoStream(track, format=rtc.VideoBufferType.I420)
    last = 0.0
    async for event in stream:
        if time.time() - last < 0.2:
            continue
        last = time.time()
        frame = event.frame
        gray = np.frombuffer(frame.data, np.uint8)[: frame.width * frame.height].reshape(frame.height, frame.width)
        second = read(gray)
        if second is not None:
            tell("saw", second=second, at=last)


async def main(url: str, token: str) -> None:
    from livekit import rtc

    room = rtc.Room()
    tasks: set[asyncio.Task[None]] = set()
    gone = asyncio.Event()

    @room.on("track_subscribed")
    def subscribed(track: Any, publication: Any, participant: Any) -> None:
        tell("subscribed", kind=int(track.kind), by=participant.identity)
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            tasks.add(asyncio.create_task(watch(track)))

    @room.on("disconnected")
    def disconnected(*reason: Any) -> None:
        tell("disconnected", reason=str(reason))
        gone.set()

    for name in ("reconnecting", "reconnected"):
        room.on(name, lambda name=name: tell(name))
    await room.connect(url, token)
    tell("connected", identity=room.local_participant.identity)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).decode().split():
        if line[0] == "publish":
            tasks.add(asyncio.create_task(publish(room, int(line[1]))))
        if line[0] == "leave":
            break
    await room.disconnect()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    tell("left")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
    end_process(0)
