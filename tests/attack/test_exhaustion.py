"""R12, R18: somebody who stops reading, no descriptors left: refused or cut off with a reason, then well again."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from livekit.protocol import rtc

from signaling.api.doorstep import MOST_FAREWELLS, PATIENCE_S
from tests.faults.test_busy_python import a_call
from tests.signaling.wire import a_token
from tests.support.canary import ROOM, Canary, Tally
from tests.support.live_node import LiveNode
from tests.support.scripted_person import a_scripted_person
from tests.support.sdk_person import SdkPerson

FEW_FILES = 160
MEMORY_KIB = 24 * 1024
LINES = 108
METADATA = "m" * 500_000
PIECE = bytes(14_000)
PIECES = 6
CUT_OFF = "a peer that reads no data is cut off"
SPEAKERS = 6
"""Each may change itself twenty times at once; together it is more than the kernel keeps for one socket (36 MiB)."""


@asynccontextmanager
async def a_stopped_person(node: LiveNode, room: str) -> AsyncIterator[SdkPerson]:
    """In the room by the real client, its socket and data channels open; then stopped as a laptop's lid does it."""
    ticket = {"url": node.url.replace("http", "ws", 1), "token": a_token("stopped", room=room)}
    person = await SdkPerson.joined(ticket)
    try:
        person.signal(signal.SIGSTOP)
        yield person
    finally:
        person.signal(signal.SIGCONT)
        await person.end()


@pytest.mark.slow
async def test_one_who_stops_reading_holds_nobody_up(node: LiveNode, canary: Canary) -> None:
    tally = Tally("R12 slow consumer")
    memory = node.rss_kib
    waits: list[float] = []
    # it joins the canary's own room: what the others say is to go to it too
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(a_stopped_person(node, ROOM))
        loud = [
            await stack.enter_async_context(
                a_scripted_person(node, f"loud-{number}", ROOM, can_update_own_metadata=True, hidden=False)
            )
            for number in range(SPEAKERS)
        ]
        for one in loud:
            # only who has media is shown to others
            await one.subscribe()
        for number in range(LINES):
            one = loud[number % SPEAKERS]
            change = rtc.UpdateParticipantMetadata(metadata=f"{number}" + METADATA, request_id=number + 1)
            await one.wire.ask(update_metadata=change)
            await one.next("request_response")
            for _ in range(PIECES):
                await canary.people[0].room.local_participant.publish_data(PIECE)
            began = time.monotonic()
            await canary.chats()
            waits.append(time.monotonic() - began)
            tally.tries("a chat line each way beside one who does not read")
        async with asyncio.timeout(40):
            while not node.entries(CUT_OFF):
                await canary.people[0].room.local_participant.publish_data(PIECE)
                await canary.chats()
                await asyncio.sleep(0.2)
    waits.sort()
    tally.notes["chat there and back p50, p99, ms"] = f"{waits[len(waits) // 2] * 1e3:.0f}, {waits[-1] * 1e3:.0f}"
    tally.notes["memory grown, KiB"] = grown = node.rss_kib - memory
    assert grown < MEMORY_KIB
    assert node.entries("client does not read"), "it was cut off, with a reason"
    canary.people_who_left += 1 + SPEAKERS
    await canary.judge(tally, at_least=LINES)


@asynccontextmanager
async def idle_connections(node: LiveNode, number: int) -> AsyncIterator[list[asyncio.StreamReader]]:
    """That many connect, and half of them begin a request that never ends."""
    readers, writers = [], []
    try:
        for at in range(number):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(node.url.rpartition(":")[2]))
            if at % 2:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: ")
            readers.append(reader)
            writers.append(writer)
        yield readers
    finally:
        for writer in writers:
            writer.close()


async def test_idle_connections_take_no_room_from_others_for_long(tmp_path: Path) -> None:
    async with (
        a_call(tmp_path, 0, open_files=FEW_FILES) as call,
        aiohttp.ClientSession() as http,
    ):
        before = call.node.open_files
        async with idle_connections(call.node, 2 * FEW_FILES) as readers:
            going_on = asyncio.create_task(call.run(2.0))
            async with asyncio.timeout(PATIENCE_S):
                # so many at one time are told why, more are not
                while (refused := await _join(http, call.node.url, 1)) != 503:
                    assert refused == 0
                    await asyncio.sleep(0.1)
            # who is too many is told so, while there is time for it
            answers = (reader.readline() for reader in readers)
            async with asyncio.timeout(3 * PATIENCE_S):
                lines = await asyncio.gather(*answers, return_exceptions=True)
            assert lines.count(b"HTTP/1.1 503 Service Unavailable\r\n") >= MOST_FAREWELLS
            assert await going_on, "every packet came"
            # nobody of them has closed, but they are waited for no longer
            again = await _join(http, call.node.url, 1)
            assert not isinstance(again, int), again
            await again.close()
            async with asyncio.timeout(2 * PATIENCE_S):
                while call.node.open_files > before + 10:
                    await asyncio.sleep(0.05)
        assert call.node.entries("no descriptor left for more connections")


async def _join(http: aiohttp.ClientSession, url: str, number: int) -> aiohttp.ClientWebSocketResponse | int:
    headers = {"Authorization": f"Bearer {a_token(f'guest-{number}', room='full')}"}
    try:
        return await http.ws_connect(f"{url}/rtc?protocol=16", headers=headers)
    except aiohttp.WSServerHandshakeError as error:
        return error.status
    except aiohttp.ClientConnectionError:
        return 0


async def test_without_descriptors_joins_are_refused_and_let_in_again(tmp_path: Path) -> None:
    async with (
        a_call(tmp_path, 0, open_files=FEW_FILES) as call,
        aiohttp.ClientSession() as http,
        AsyncExitStack() as stack,
    ):
        node = call.node
        before = node.open_files
        sockets = []
        for number in range(2 * FEW_FILES):
            found = await _join(http, node.url, number)
            if isinstance(found, int):
                break
            sockets.append(found)
            stack.push_async_callback(found.close)
        assert found == 503 and 20 < len(sockets) < FEW_FILES
        headers = {"Authorization": f"Bearer {a_token('late', room='full')}"}
        async with http.get(f"{node.url}/rtc/validate", headers=headers) as answer:
            assert answer.status == 503 and "descriptor" in await answer.text()
            assert answer.headers["Retry-After"]
        assert (await http.get(f"{node.url}/healthz")).status == 200
        assert await call.run(1.0), "every packet of those who are in comes"
        await sockets[0].send_bytes(rtc.SignalRequest(leave=rtc.LeaveRequest()).SerializeToString())
        await sockets[0].close()
        began = time.monotonic()
        async with asyncio.timeout(20):
            while isinstance(again := await _join(http, node.url, 999), int):
                await asyncio.sleep(0.02)
        recovered_s = time.monotonic() - began
        await again.close()
        for one in sockets:
            await one.close()
        async with asyncio.timeout(30):
            while node.open_files > before + 10:
                await asyncio.sleep(0.05)
        assert await call.run(0.2)
        os.write(1, f"R18 {len(sockets)} joined, then 503; in again after {recovered_s:.2f} s\n".encode())


@pytest.mark.slow
async def test_three_hundred_join_within_seconds(node: LiveNode, canary: Canary) -> None:
    """R12's mass join: the node's loop goes on being answered, whoever is over the rate is told when to come again."""
    tally = Tally("R12 mass join")
    async with (
        aiohttp.ClientSession() as http,
        AsyncExitStack() as stack,
        a_scripted_person(node, "pulse", "pulse") as person,
    ):
        longest_s, refused, began = 0.0, 0, time.monotonic()

        async def join(number: int) -> None:
            nonlocal refused
            await asyncio.sleep(number * 5 / 300)
            while isinstance(found := await _join(http, node.url, number), int):
                assert found == 503
                refused += 1
                await asyncio.sleep(1)
            stack.push_async_callback(found.close)
            tally.tries("join")

        joining = asyncio.gather(*(join(number) for number in range(300)))
        while not joining.done():
            asked = time.monotonic()
            await person.wire.ask(ping_req=rtc.Ping(timestamp=1))
            await person.next("pong_resp")
            longest_s = max(longest_s, time.monotonic() - asked)
            await asyncio.sleep(0.02)
        await joining
        tally.notes["all in after, s"] = round(time.monotonic() - began, 1)
        tally.notes["longest wait for the loop, s"] = round(longest_s, 3)
        tally.notes["told to come again"] = refused
        assert longest_s < 2
    await canary.judge(tally, at_least=300)
