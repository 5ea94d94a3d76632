"""After DELETE nothing of a stay is left: no task, no transport, no participant, no memory of its address."""

import asyncio
import gc
from collections import Counter
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from yarl import URL

from signaling.api.stays import HttpStay
from signaling.node import ENGINE, STAYS, VIEWERS
from tests.conformance.people import a_token
from tests.sfu.clients import Picture, Tone
from tests.support.http_media import SDP, http_media

CYCLES = 12


async def offers() -> dict[str, str]:
    async with http_media("") as sender, http_media("") as player:
        sender.send(Picture(60), Tone())
        player.watch("video", "audio")
        return {"whip": await sender.offer(), "whep": await player.offer()}


def census(node: TestServer) -> dict[str, int]:
    gc.collect()
    app: Any = node.app
    names = Counter(type(one).__name__ for one in gc.get_objects())
    kinds = ("Peer", "Participant", "Connection", "PublisherSide", "ViewerSide", "Viewing", HttpStay.__name__)
    counted = {name: names[name] for name in kinds}
    counted |= {"tasks": len(asyncio.all_tasks()), "transports": app[ENGINE].open_transports}
    return counted | {"stays": len(app[STAYS]), "viewers": len(app[VIEWERS])}


async def until_nothing_is_left(node: TestServer) -> None:
    """The last transport says goodbye in a task of its own."""
    async with asyncio.timeout(60):
        while node.app[ENGINE].open_transports or census(node)["Peer"]:  # type: ignore[index, union-attr]
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("protocol", ["whip", "whep"])
async def test_stays_that_come_and_go_leave_nothing_behind(node: TestServer, protocol: str) -> None:
    sdp = (await offers())[protocol]
    async with aiohttp.ClientSession() as http:

        async def begin(identity: str) -> tuple[URL, dict[str, str]]:
            headers = {"Authorization": f"Bearer {a_token(identity)}", "Content-Type": SDP}
            async with http.post(node.make_url(f"/{protocol}/hall"), data=sdp, headers=headers) as answer:
                assert answer.status == 201
                return node.make_url(answer.headers["Location"]), headers

        async def end(address: URL, headers: dict[str, str]) -> None:
            async with http.delete(address, headers=headers) as answer:
                assert answer.status == 200

        await end(*await begin("first"))
        await until_nothing_is_left(node)
        before = census(node)
        for _ in range(CYCLES):
            # the second drives the first out, whose owner tidies up nevertheless
            first, second = await begin("twice"), await begin("twice")
            await end(*second)
            await end(*first)
        await until_nothing_is_left(node)
        assert census(node) == before
