"""The webhook sender: what `record` has been given reaches every address, in order per room, until it says 2xx.

Recording never blocks and never fails the caller: events pass through memory to the outbox's own thread, which
writes them to disk in batches before anything is sent. A restart goes on where the last process stopped.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import aiohttp
import structlog

from signaling.api.outbox import Delivery, Outbox, OutgoingEvent
from signaling.protocol import webhook

FIRST_RETRY_S = 0.25
LAST_RETRY_S = 30.0
ANSWER_TIMEOUT_S = 10.0
# one address is asked by this many rooms at once
PARALLEL_SENDS = 8

log = structlog.get_logger("notify")
T = TypeVar("T")


@dataclass(slots=True)
class _Patience:
    """When a room's head may be tried again."""

    not_before: float = 0.0
    wait_s: float = FIRST_RETRY_S

    def failed(self, now: float) -> None:
        self.not_before = now + self.wait_s
        self.wait_s = min(self.wait_s * 2, LAST_RETRY_S)


class Notifier:
    """`run` it as a task for as long as the node lives; `record` from anywhere in its loop."""

    def __init__(self, path: Path, urls: tuple[str, ...], key: tuple[str, str], clock: Callable[[], float]) -> None:
        self._path = path
        self._urls = urls
        self._key, self._secret = key
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._fresh: list[OutgoingEvent] = []
        self._arrived = asyncio.Event()
        self._wakes = {url: asyncio.Event() for url in urls}
        self._outbox: Outbox | None = None

    def record(self, event: OutgoingEvent) -> None:
        """Have the event delivered. Events of a room arrive in the order of these calls."""
        if self._urls:
            self._fresh.append(event)
            self._arrived.set()

    async def run(self) -> None:
        """Write and send until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S)) as http:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write())
                for url in self._urls:
                    tasks.create_task(self._deliver(http, url))

    async def open(self) -> None:
        """Open the outbox; before `run`."""
        self._outbox = await self._in_thread(lambda: Outbox(self._path, self._urls))

    async def close(self) -> None:
        """Put on disk what is still in memory; after `run` has ended."""
        await self._flush()
        await self._in_thread(self._store.close)
        self._thread.shutdown(wait=False)

    @property
    def _store(self) -> Outbox:
        if self._outbox is None:
            raise RuntimeError("the outbox has not been opened")
        return self._outbox

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _write(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            await self._flush()
            for wake in self._wakes.values():
                wake.set()

    async def _flush(self) -> None:
        batch, self._fresh = self._fresh, []
        if batch:
            await self._in_thread(lambda: self._store.record(batch))

    async def _deliver(self, http: aiohttp.ClientSession, url: str) -> None:
        patience: dict[str, _Patience] = {}
        wake = self._wakes[url]
        while True:
            wake.clear()
            heads = await self._in_thread(lambda: self._store.heads(url))
            now = asyncio.get_running_loop().time()
            due = [head for head in heads if _due(patience, head, now)][:PARALLEL_SENDS]
            if due:
                await self._send_all(http, url, due, patience)
                continue
            next_try = min((patience[head.event.room].not_before - now for head in heads), default=None)
            try:
                async with asyncio.timeout(next_try):
                    await wake.wait()
            except TimeoutError:
                continue

    async def _send_all(
        self, http: aiohttp.ClientSession, url: str, due: list[Delivery], patience: dict[str, _Patience]
    ) -> None:
        async with asyncio.TaskGroup() as tasks:
            sends = [tasks.create_task(self._send(http, url, head.event)) for head in due]
        taken = [head for head, send in zip(due, sends, strict=True) if send.result()]
        await self._in_thread(lambda: self._store.delivered(url, [head.seq for head in taken]))
        for head, send in zip(due, sends, strict=True):
            if send.result():
                patience.pop(head.event.room, None)
            else:
                patience.setdefault(head.event.room, _Patience()).failed(asyncio.get_running_loop().time())

    async def _send(self, http: aiohttp.ClientSession, url: str, event: OutgoingEvent) -> bool:
        headers = webhook.headers(event.body, key=self._key, secret=self._secret, now=self._clock())
        try:
            async with http.post(url, data=event.body, headers=headers) as answer:
                is_taken = 200 <= answer.status < 300
                reason = f"status {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            is_taken, reason = False, type(error).__name__
        if not is_taken:
            log.warning("webhook not taken", url=url, event_id=event.event_id, room=event.room, reason=reason)
        return is_taken


def _due(patience: dict[str, _Patience], head: Delivery, now: float) -> bool:
    waiting = patience.get(head.event.room)
    return waiting is None or waiting.not_before <= now
