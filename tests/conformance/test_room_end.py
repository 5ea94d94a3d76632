"""When a room is over: after everybody left, or when nobody came; its timeouts are seconds."""

import asyncio
from typing import Any

from aiohttp.test_utils import TestServer
from livekit import api

from sfu.events import RoomFinished
from signaling.node import ENGINE
from tests.conformance.people import KEY, SECRET, people


async def test_a_room_ends_some_time_after_the_last_has_left_and_not_while_somebody_is_there(node: TestServer) -> None:
    finished = await_the_end(node)
    async with api.LiveKitAPI(str(node.make_url("")), KEY, SECRET) as lk:
        first = await lk.room.create_room(api.CreateRoomRequest(name="hall", departure_timeout=1, empty_timeout=60))
        async with people(node, "an") as (an,):
            assert await an.room.sid == first.sid
            async with people(node, "binh"):
                pass
            # longer than the timeout with one in the room
            await asyncio.sleep(2)
            assert not finished.is_set()
        await finished.wait()
        assert not (await lk.room.list_rooms(api.ListRoomsRequest())).rooms
        async with people(node, "an") as (an,):
            assert await an.room.sid != first.sid


async def test_a_room_to_which_nobody_comes_ends(node: TestServer) -> None:
    finished = await_the_end(node)
    async with api.LiveKitAPI(str(node.make_url("")), KEY, SECRET) as lk:
        await lk.room.create_room(api.CreateRoomRequest(name="hall", empty_timeout=1, departure_timeout=60))
        await finished.wait()


def await_the_end(node: TestServer) -> asyncio.Event:
    """Set once a room is finished."""
    finished = asyncio.Event()

    def note(event: Any) -> None:
        if isinstance(event, RoomFinished):
            finished.set()

    node.app[ENGINE].events(note)
    return finished
