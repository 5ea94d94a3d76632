"""What the world outside hears of a real call: who came, what was published, who really received, who left."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from signaling.config import NodeConfig
from signaling.node import create_app
from signaling.protocol import webhook
from tests.conformance.people import KEY, SECRET, people


class Listener:
    """Takes webhooks and remembers them."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self._news = asyncio.Condition()

    async def handle(self, request: web.Request) -> web.Response:
        event = webhook.verify(await request.read(), request.headers["Authorization"], {KEY: SECRET}, time.time())
        async with self._news:
            self.told.append(event)
            self._news.notify_all()
        return web.Response()

    async def until(self, name: str, count: int = 1) -> None:
        async with self._news:
            await self._news.wait_for(lambda: len(self.named(name)) >= count)

    def named(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.told if event["event"] == name]


@pytest.fixture
async def listener() -> Listener:
    return Listener()


@pytest.fixture
async def node(tmp_path: Path, listener: Listener) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_post("/hooks", listener.handle)
    async with TestServer(app, host="127.0.0.1") as hooks:
        url = str(hooks.make_url("/hooks"))
        config = NodeConfig(data_dir=tmp_path, api_keys={KEY: SECRET}, port=0, udp_port=0, webhook_urls=(url,))
        async with TestServer(await create_app(config), host="127.0.0.1") as server:
            yield server


async def test_the_story_of_a_call_is_told_in_order(node: TestServer, listener: Listener) -> None:
    began = int(time.time())
    async with people(node, "an", "binh") as (an, binh):
        await an.publish_camera(60)
        await binh.until(lambda: "an" in binh.seen and binh.seen["an"].frames > 3)
        await listener.until("presence_proven")
    await listener.until("participant_left", 2)
    names = [event["event"] for event in listener.told]
    assert names[0] == "room_started"
    assert names.index("participant_joined") < names.index("track_published") < names.index("participant_left")
    assert len({event["id"] for event in listener.told}) == len(listener.told)
    assert all(event["room"]["name"] == "hall" and event["room"]["sid"] for event in listener.told)
    proven: dict[str, list[list[int]]] = {}
    for event in listener.named("presence_proven"):
        for entry in event["presence"]:
            proven.setdefault(entry["identity"], []).extend(entry["spans"])
    assert set(proven) == {"an", "binh"}
    assert all(began - 1 <= start < end <= time.time() + 1 for spans in proven.values() for start, end in spans)
