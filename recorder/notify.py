"""Tells the LMS about recordings: `egress_*` webhooks in LiveKit's format, from files, until each is answered 2xx.

Order is kept per room. Ids are made from what is told, so telling it twice is the same event.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import structlog

from recorder.archive import Contents, State
from recorder.config import RecorderConfig
from recorder.storage import write_file
from signaling.protocol import webhook

log = structlog.get_logger()

_ENDED = {State.FAILED: "EGRESS_FAILED"}
_POLL_S = 0.2
_TIMEOUT_S = 10.0
_LONGEST_BACKOFF_S = 30.0


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing to tell of a room; `number` counts them from 1 on."""

    number: int
    event: str
    body: bytes


def announce(*, folder: str, number: int, opening: int, event: str, contents: Contents, now: float) -> Announcement:
    """The webhook that says what became of a recording. `opening` counts the times the archive was (re)opened."""
    egress_id = "EG_" + _digest(folder, contents.zero_ms, opening)
    info: dict[str, Any] = {
        "egressId": egress_id,
        "roomId": contents.room_sid,
        "roomName": contents.room,
        "status": "EGRESS_ACTIVE" if event == "egress_started" else _ENDED.get(contents.state, "EGRESS_COMPLETE"),
        "startedAt": str(contents.zero_ms * 1_000_000),
        "updatedAt": str(int(now * 1e9)),
        "manifestLocation": f"{folder}/archive.json",
    }
    if event == "egress_ended":
        duration_ns = round(contents.duration_s * 1e9)
        info["endedAt"] = str(contents.zero_ms * 1_000_000 + duration_ns)
        info["error"] = contents.error
        info["segmentResults"] = [{"duration": str(duration_ns), "playlistName": f"{folder}/audio/index.m3u8"}]
    body = webhook.build(
        event=event,
        event_id="EV_" + _digest(egress_id, number, event),
        created_at=now,
        parts={"egressInfo": info},
    )
    return Announcement(number, event, body)


def _digest(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:14]


class Outbox:
    """Announcements on disk: <folder>/<room>/<number>-<event>.json, gone once delivered."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, room: str, announcement: Announcement) -> None:
        name = f"{announcement.number:06d}-{announcement.event}.json"
        write_file(self._folder / room / name, announcement.body)

    def waiting(self) -> Iterator[tuple[str, list[Path]]]:
        """Per room the files to send, oldest first."""
        if not self._folder.is_dir():
            return
        for room in sorted(self._folder.iterdir()):
            files = sorted(path for path in room.glob("[0-9]*.json"))
            if files:
                yield room.name, files

    def take_out(self, path: Path) -> None:
        """Forgets what was delivered, and the room's folder when that was all."""
        path.unlink()
        with contextlib.suppress(OSError):
            path.parent.rmdir()


class Notifier:
    """Sends what waits in the outbox; a room whose delivery fails waits, the others go on."""

    def __init__(self, config: RecorderConfig, outbox: Outbox) -> None:
        self._config = config
        self._outbox = outbox
        self._retry_at: dict[str, tuple[float, float]] = {}

    async def run(self) -> None:
        if not self._config.webhook_url:
            return
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                await self.send_waiting(session, time.monotonic())
                await asyncio.sleep(_POLL_S)

    async def send_waiting(self, session: aiohttp.ClientSession, now: float) -> None:
        """One pass over the outbox; all rooms at once."""
        due = [
            (room, files) for room, files in self._outbox.waiting() if self._retry_at.get(room, (0.0, 0.0))[0] <= now
        ]
        await asyncio.gather(*(self._send_room(session, room, files, now) for room, files in due))

    async def _send_room(self, session: aiohttp.ClientSession, room: str, files: list[Path], now: float) -> None:
        for path in files:
            if not await self._send(session, path):
                backoff = min(_LONGEST_BACKOFF_S, 2 * self._retry_at.get(room, (0.0, 0.25))[1])
                self._retry_at[room] = (now + backoff, backoff)
                return
            self._outbox.take_out(path)
            self._retry_at.pop(room, None)

    async def _send(self, session: aiohttp.ClientSession, path: Path) -> bool:
        config = self._config
        body = await asyncio.to_thread(path.read_bytes)
        headers = webhook.headers(body, key=config.api_key, secret=config.api_secret, now=time.time())
        try:
            async with session.post(config.webhook_url, data=body, headers=headers) as response:
                is_taken = 200 <= response.status < 300
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("webhook not delivered", event_file=path.name, error=type(error).__name__)
            return False
        if not is_taken:
            log.warning("webhook refused", event_file=path.name, status=status)
        return is_taken
