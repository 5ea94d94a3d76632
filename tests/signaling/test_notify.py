"""The webhook sender against a real receiver: everything arrives, in order per room, whatever the receiver does."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from signaling.api.notify import Notifier
from signaling.api.outbox import OutgoingEvent
from signaling.protocol import webhook

KEY = ("devkey", "secret")


class Receiver:
    """An HTTP server that verifies what it is sent and refuses the first `refusals` deliveries."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.attempts: list[str] = []
        self.taken: list[tuple[str, str]] = []
        self.news = asyncio.Condition()

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        event = webhook.verify(body, request.headers["Authorization"], dict([KEY]), time.time())
        self.attempts.append(event["id"])
        if self.refusals > 0:
            self.refusals -= 1
            return web.Response(status=503)
        async with self.news:
            self.taken.append((event["room"]["name"], event["id"]))
            self.news.notify_all()
        return web.Response()

    async def until(self, count: int) -> None:
        async with self.news:
            await self.news.wait_for(lambda: len(self.taken) >= count)


@asynccontextmanager
async def listening(receiver: Receiver) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/hooks", receiver.handle)
    async with TestServer(app) as server:
        yield str(server.make_url("/hooks"))


@asynccontextmanager
async def notifying(path: Path, *urls: str) -> AsyncIterator[Notifier]:
    notifier = Notifier(path, urls, KEY, time.time)
    await notifier.open()
    task = asyncio.get_running_loop().create_task(notifier.run())
    try:
        yield notifier
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await notifier.close()


def an_event(room: str = "r", event_id: str = "") -> OutgoingEvent:
    event_id = event_id or f"EV_{os.urandom(6).hex()}"
    body = webhook.build(event="test", event_id=event_id, created_at=1.0, parts={"room": {"name": room}})
    return OutgoingEvent(event_id=event_id, room=room, body=body)


async def test_events_arrive_signed_and_in_order_of_their_room(tmp_path: Path) -> None:
    receiver = Receiver()
    async with listening(receiver) as url, notifying(tmp_path / "o", url) as notifier:
        events = [an_event(room) for _ in range(5) for room in ("a", "b")]
        for event in events:
            notifier.record(event)
        await receiver.until(10)
    for room in ("a", "b"):
        assert [i for r, i in receiver.taken if r == room] == [e.event_id for e in events if e.room == room]


async def test_a_refused_event_is_sent_again_before_later_ones(tmp_path: Path) -> None:
    receiver = Receiver(refusals=2)
    async with listening(receiver) as url, notifying(tmp_path / "o", url) as notifier:
        first, second = an_event(), an_event()
        notifier.record(first)
        notifier.record(second)
        await receiver.until(2)
    assert receiver.attempts == [first.event_id] * 3 + [second.event_id]


async def test_one_rooms_trouble_does_not_hold_up_another(tmp_path: Path) -> None:
    class Stubborn(Receiver):
        async def handle(self, request: web.Request) -> web.Response:
            if b'"stuck"' in await request.read():
                return web.Response(status=500)
            return await super().handle(request)

    receiver = Stubborn()
    async with listening(receiver) as url, notifying(tmp_path / "o", url) as notifier:
        notifier.record(an_event("stuck"))
        for _ in range(3):
            notifier.record(an_event("free"))
        await receiver.until(3)
    assert {room for room, _ in receiver.taken} == {"free"}


async def test_events_recorded_while_nobody_listens_are_delivered_by_the_next_process(tmp_path: Path) -> None:
    receiver = Receiver()
    async with listening(receiver) as url:
        dead = Notifier(tmp_path / "o", (url,), KEY, time.time)
        await dead.open()
        event = an_event()
        dead.record(event)
        await dead.close()
        async with notifying(tmp_path / "o", url):
            await receiver.until(1)
    assert receiver.taken == [("r", event.event_id)]


async def test_without_addresses_nothing_is_kept(tmp_path: Path) -> None:
    async with notifying(tmp_path / "o") as notifier:
        notifier.record(an_event())
    assert not notifier._fresh
