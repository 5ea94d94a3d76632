"""The demo province's recorded session: a short lesson really held in the running program, so that there is a replay.

A presenter comes in as any LiveKit client would (ticket, WebSocket, two peer connections), shows slides and speaks
a tune for half a minute, and ends the session. Nothing here knows the inside of the node or of the recorder.
"""

import asyncio
import datetime as dt
import fractions
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import numpy as np
import structlog
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame
from livekit.protocol import models, rtc
from PIL import Image, ImageDraw, ImageFont

from lms.demo import ACCOUNTS

log = structlog.get_logger()

TITLE = "Buổi mẫu: Xem lại một buổi học"
LENGTH_S = 30
SLIDES = (
    ("Chào mừng đến với Lophop", "Buổi học mẫu này được ghi hình thật."),
    ("Xem lại", "Bản xem lại có ngay sau khi buổi học kết thúc."),
    ("Tham dự", "Mỗi giây chỉ tính một lần, trực tiếp hoặc xem lại."),
)
SLIDE_SIZE = (960, 540)
SAMPLE_RATE, SAMPLES = 48000, 960
TUNE_HZ = (262, 294, 330, 392, 440, 392, 330, 294)
CALL_TIMEOUT_S = 30


class Slides(VideoStreamTrack):
    """A slide, and the time it has been shown."""

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame.from_ndarray(_slide(float(pts * time_base)), format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tune(AudioStreamTrack):
    """A quiet tune, a note a second."""

    _sent = 0
    _started: float | None = None

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        self._started = self._started or loop.time()
        await asyncio.sleep(max(0.0, self._started + self._sent / SAMPLE_RATE - loop.time()))
        times = (self._sent + np.arange(SAMPLES)) / SAMPLE_RATE
        hertz = TUNE_HZ[int(times[0]) % len(TUNE_HZ)]
        wave = np.sin(2 * math.pi * hertz * times) * 3000 * np.minimum(1, 4 * (1 - times % 1))
        frame = AudioFrame.from_ndarray(wave.astype(np.int16)[np.newaxis, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, self._sent
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        self._sent += SAMPLES
        return frame


def _slide(second: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
    heading, text = SLIDES[int(second / LENGTH_S * len(SLIDES)) % len(SLIDES)]
    image = Image.new("RGB", SLIDE_SIZE, "#0e5f66")
    pen = ImageDraw.Draw(image)
    pen.text((60, 170), heading, fill="white", font=ImageFont.load_default(48))
    pen.text((60, 260), text, fill="#d6ecec", font=ImageFont.load_default(26))
    pen.text((60, 460), f"{int(second) // 60}:{int(second) % 60:02d}", fill="#f2b544", font=ImageFont.load_default(30))
    return np.asarray(image)


async def hold_recorded_session(url: str) -> None:
    """Holds it once: a province that has it already is left as it is. `url` is the program's public address."""
    try:
        async with _signed_in(url, "giang") as admin, _signed_in(url, "binh") as host:
            session = await _scheduled(admin)
            if session is None:
                return
            ticket = await _post(host, f"/sessions/{session}/join", {})
            await _present(ticket["url"], ticket["token"])
            await _post(host, f"/sessions/{session}/end", {})
            log.info("demo.session_recorded", session=session)
    except (aiohttp.ClientError, TimeoutError) as error:
        # The province is whole without it; the next start tries again.
        log.warning("demo.session_not_recorded", error=repr(error))


@asynccontextmanager
async def _signed_in(url: str, login: str) -> AsyncIterator[aiohttp.ClientSession]:
    password = next(account.password for account in ACCOUNTS if account.login == login)
    async with aiohttp.ClientSession(
        base_url=f"{url}/api/v1/", headers={"X-Lophop": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as session:
        await _post(session, "/auth/login", {"login": login, "password": password})
        yield session


async def _post(session: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> Any:
    async with session.post(path.lstrip("/"), json=body) as answer:
        answer.raise_for_status()
        return await answer.json()


async def _get(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as answer:
        answer.raise_for_status()
        return await answer.json()


async def _scheduled(admin: aiohttp.ClientSession) -> str | None:
    """The id of a session made for this, in the first course; None when the course has one that was held."""
    course = (await _get(admin, "courses"))["items"][0]["id"]
    sessions = (await _get(admin, f"courses/{course}/sessions"))["items"]
    made = [session for session in sessions if session["title"] == TITLE]
    if made:
        return None if made[0]["state"] == "ended" else str(made[0]["id"])
    host = (await _get(admin, "people?query=binh"))["items"][0]["id"]
    now = dt.datetime.now(dt.UTC)
    times = {"starts_at": now, "ends_at": now + dt.timedelta(minutes=30)}
    body = {"title": TITLE, "host_id": host, "is_recorded": True}
    body |= {name: at.strftime("%Y-%m-%dT%H:%M:%SZ") for name, at in times.items()}
    return str((await _post(admin, f"/courses/{course}/sessions", body))["id"])


async def _present(url: str, token: str) -> None:
    """Joins, shows and speaks for LENGTH_S, leaves."""
    publisher, subscriber = RTCPeerConnection(), RTCPeerConnection()
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(LENGTH_S + CALL_TIMEOUT_S):
            query = {"access_token": token, "protocol": "16", "sdk": "python", "auto_subscribe": "1"}
            async with session.ws_connect(f"{url}/rtc", params=query) as socket:
                answering = asyncio.create_task(_answer(socket, publisher, subscriber))
                try:
                    await _publish(socket, publisher)
                    await asyncio.sleep(LENGTH_S)
                    leave = rtc.LeaveRequest(reason=models.DisconnectReason.CLIENT_INITIATED)
                    await _send(socket, rtc.SignalRequest(leave=leave))
                finally:
                    answering.cancel()
    finally:
        await publisher.close()
        await subscriber.close()


async def _publish(socket: aiohttp.ClientWebSocketResponse, publisher: RTCPeerConnection) -> None:
    tracks: tuple[tuple[MediaStreamTrack, int, int], ...] = (
        (Slides(), models.TrackType.VIDEO, models.TrackSource.CAMERA),
        (Tune(), models.TrackType.AUDIO, models.TrackSource.MICROPHONE),
    )
    for track, kind, source in tracks:
        request = rtc.AddTrackRequest(cid=track.id, name=track.kind, type=kind, source=source)  # type: ignore[arg-type]
        if kind == models.TrackType.VIDEO:
            request.width, request.height = SLIDE_SIZE
        await _send(socket, rtc.SignalRequest(add_track=request))
        publisher.addTrack(track)
    await publisher.setLocalDescription(await publisher.createOffer())
    offer = rtc.SessionDescription(type="offer", sdp=publisher.localDescription.sdp)
    await _send(socket, rtc.SignalRequest(offer=offer))


async def _answer(
    socket: aiohttp.ClientWebSocketResponse, publisher: RTCPeerConnection, subscriber: RTCPeerConnection
) -> None:
    async for message in socket:
        response = rtc.SignalResponse.FromString(message.data)
        if response.HasField("answer"):
            await publisher.setRemoteDescription(RTCSessionDescription(sdp=response.answer.sdp, type="answer"))
        elif response.HasField("offer"):
            await subscriber.setRemoteDescription(RTCSessionDescription(sdp=response.offer.sdp, type="offer"))
            await subscriber.setLocalDescription(await subscriber.createAnswer())
            answer = rtc.SessionDescription(type="answer", sdp=subscriber.localDescription.sdp, id=response.offer.id)
            await _send(socket, rtc.SignalRequest(answer=answer))


async def _send(socket: aiohttp.ClientWebSocketResponse, request: rtc.SignalRequest) -> None:
    await socket.send_bytes(request.SerializeToString())
