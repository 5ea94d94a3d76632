"""The recorder process: finds rooms, follows each in worker threads, sends webhooks, shows that it lives."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from recorder.config import RecorderConfig
from recorder.jobs import RoomJob, has_work, list_rooms
from recorder.notify import Notifier, Outbox

log = structlog.get_logger()

# How soon a followed room's new records are read, and how soon a new room is seen.
POLL_S = 0.25
WATCH_S = 0.5
HEARTBEAT_S = 1.0
WORKERS = 2
_LONGEST_BACKOFF_S = 30.0


class Recorder:
    """Runs until cancelled; what it leaves undone the next one finds in the journals."""

    def __init__(self, config: RecorderConfig) -> None:
        self._config = config
        self._outbox = Outbox(config.state_dir / "outbox")
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="room")
        self._followed: set[str] = set()
        self._seen: dict[str, int] = {}

    async def run(self) -> None:
        self._config.data_dir.mkdir(parents=True, exist_ok=True)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._beat())
                group.create_task(Notifier(self._config, self._outbox).run())
                group.create_task(self._watch(group))
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)

    async def _beat(self) -> None:
        path = self._config.data_dir / "recorder.alive"
        while True:
            path.touch()
            os.utime(path)
            await asyncio.sleep(HEARTBEAT_S)

    async def _watch(self, group: asyncio.TaskGroup) -> None:
        while True:
            for room, stamp in list_rooms(self._config.journal_dir).items():
                if room not in self._followed and self._seen.get(room) != stamp:
                    self._follow_if_needed(group, room, stamp)
            await asyncio.sleep(WATCH_S)

    def _follow_if_needed(self, group: asyncio.TaskGroup, room: str, stamp: int) -> None:
        if has_work(self._config, room):
            self._followed.add(room)
            group.create_task(self._follow(room))
        elif (self._config.state_dir / room / "finished").exists():
            self._seen[room] = stamp

    async def _follow(self, room: str) -> None:
        loop = asyncio.get_running_loop()
        backoff_s = POLL_S
        job: RoomJob | None = None
        while True:
            try:
                if job is None:
                    job = await loop.run_in_executor(self._pool, partial(RoomJob, self._config, room, self._outbox))
                has_more = await loop.run_in_executor(self._pool, job.advance)
                backoff_s = POLL_S
            except OSError as error:
                # A full or stalled disk: the job keeps what it could not write and goes on from there.
                backoff_s = min(_LONGEST_BACKOFF_S, 2 * backoff_s)
                log.error("recording waits", room=room, error=str(error), retry_s=backoff_s)
                has_more = False
            except Exception:
                # Our bug, and this room's alone: begun anew from its checkpoint, while the others go on.
                backoff_s = min(_LONGEST_BACKOFF_S, 2 * backoff_s)
                log.exception("recording begun anew", room=room, retry_s=backoff_s)
                job, has_more = None, False
            if job is not None and job.is_finished:
                log.info("recording finished", room=room, state=job.recording.contents.state.value)
                self._followed.discard(room)
                return
            if not has_more:
                await asyncio.sleep(backoff_s)
