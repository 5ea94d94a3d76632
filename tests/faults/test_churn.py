"""R01: people who come, publish, subscribe and go in every way there is leave nothing behind.

Ways of going: a leave message, the socket closed, killed (socket and path at once, without a word), removed by an
administrator. The node is judged once the room is over, by what it keeps: objects, tasks, descriptors, transports.
"""

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
from pathlib import Path

import aiohttp
import pytest
from livekit import api
from livekit.protocol import rtc

from tests.signaling.wire import KEY, SECRET, wired
from tests.support import scripted_association, scripted_person
from tests.support.live_node import LiveNode, a_live_node
from tests.support.scripted_person import ScriptedPerson, Section, a_scripted_person

VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=9001)
VIDEO = Section(kind="video", mid="1", cid="video", ssrc=9002)
ROOM = "churn"
AT_ONCE = 10
SLOPE_KIB = 20
ROUNDS, A_ROUND = 4, 500
# what makes a stay, and must be gone with it at once: what OpenSSL keeps is not seen by the collector of garbage
FREED_AT_ONCE = (
    "OpenSSL.SSL.Connection",
    "aiortc.rtcdatachannel.RTCDataChannel",
    "sfu.connection.Connection",
    "sfu.participant.Participant",
    "sfu.publishing.PublisherSide",
    "sfu.subscribing.SubscriberSide",
    "sfu.transport.association.Association",
    "sfu.transport.dtls.DtlsTransport",
    "sfu.transport.peer.Peer",
)
# who was sent away stays out, as long as a token of theirs may live
MEANT_TO_STAY = "signaling.session.removals.Removal"


class Way(StrEnum):
    LEAVES = "leaves"
    CLOSES = "closes"
    IS_KILLED = "is killed"
    IS_REMOVED = "is removed"


async def one_stay(node: LiveNode, number: int, way: Way, places: asyncio.Semaphore) -> None:
    """Comes, publishes, receives what the resident sends, goes."""
    identity = f"guest-{number}"
    async with aiohttp.ClientSession(base_url=node.url) as http, places:
        async with wired(http, identity, room=ROOM) as wire:
            person = ScriptedPerson(node, wire, identity)
            listening = asyncio.create_task(person.listen())
            try:
                person.joined = await person.next("join")
                publishing = await person.publish(VOICE, VIDEO)
                for _ in range(3):
                    publishing.send_rtp(person.packet(VOICE))
                    publishing.send_rtp(person.packet(VIDEO))
                await person.receives_media(1)
                await go(person, way)
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
                person.close()


async def go(person: ScriptedPerson, way: Way) -> None:
    match way:
        case Way.LEAVES:
            await person.wire.ask(leave=rtc.LeaveRequest())
        case Way.CLOSES:
            await person.wire.socket.close()
        case Way.IS_KILLED:
            person.close()
            connection = person.wire.socket._response.connection
            assert connection is not None and connection.transport is not None
            connection.transport.abort()
        case Way.IS_REMOVED:
            async with api.LiveKitAPI(person.node.url, KEY, SECRET) as server:
                who = api.RoomParticipantIdentity(room=ROOM, identity=person.identity)
                await server.room.remove_participant(who)
            await person.next("leave")


async def stays(node: LiveNode, ways: list[Way], *, first: int) -> None:
    places = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for at, way in enumerate(ways, first):
            group.create_task(one_stay(node, at, way, places))


@asynccontextmanager
async def a_resident(node: LiveNode) -> AsyncIterator[None]:
    """In the room all the time, speaking, so that the guests subscribe and are subscribed to."""
    async with AsyncExitStack() as stack:
        resident = await stack.enter_async_context(a_scripted_person(node, "resident", ROOM))
        await resident.publish(VOICE)
        answering = asyncio.create_task(resident.keep_receiving())
        async with resident.sending(VOICE):
            yield
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)


async def transports(node: LiveNode) -> int:
    async with aiohttp.ClientSession() as http, http.get(f"{node.url}/healthz") as answer:
        return int((await answer.json())["transports"])


async def a_room(node: LiveNode, ways: list[Way], *, first: int = 0) -> None:
    """From its first participant to its end, which is asked for: the killed may still be kept for some seconds."""
    async with a_resident(node):
        await stays(node, ways, first=first)
    async with api.LiveKitAPI(node.url, KEY, SECRET) as server:
        await server.room.delete_room(api.DeleteRoomRequest(room=ROOM))
    async with asyncio.timeout(30):
        while await transports(node):
            await asyncio.sleep(0.1)


async def census(node: LiveNode, path: Path, *, is_collected: bool) -> Counter[str]:
    """What it keeps (`tests.support.counted_node`)."""
    path.unlink(missing_ok=True)
    node.process.send_signal(signal.SIGUSR2 if is_collected else signal.SIGUSR1)
    async with asyncio.timeout(30):
        while not path.exists():
            await asyncio.sleep(0.05)
    return Counter(json.loads(path.read_text()))


async def nothing_left(node: LiveNode, path: Path, early: Counter[str]) -> None:
    """What a stay is made of is gone without a collection of garbage, and with one everything; sockets close a moment
    after they were told to."""
    deadline = asyncio.get_running_loop().time() + 60
    for is_collected in (False, True):
        while left := await _left(node, path, early, is_collected=is_collected):
            assert asyncio.get_running_loop().time() < deadline, left
            await asyncio.sleep(0.25)


async def _left(node: LiveNode, path: Path, early: Counter[str], *, is_collected: bool) -> Counter[str]:
    left = await census(node, path, is_collected=is_collected) - early
    del left[MEANT_TO_STAY]
    return left if is_collected else Counter({name: left[name] for name in FREED_AT_ONCE if left[name]})


async def settled_files(node: LiveNode, expected: int) -> int:
    """Descriptors, once there are not more than expected, or have been for seconds."""
    for _ in range(40):
        if node.open_files <= expected:
            break
        await asyncio.sleep(0.25)
    return node.open_files


@pytest.mark.timeout(180)
async def test_r01_forty_stays_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "census.json"
    monkeypatch.setenv("LOPHOP_TEST_CENSUS", str(path))
    monkeypatch.setenv("LOPHOP_TEST_GARBAGE", "kept")
    async with a_live_node(tmp_path, program="tests.support.counted_node", join_rate_per_s=1000) as node:
        await a_room(node, list(Way))
        early, files = await census(node, path, is_collected=True), node.open_files
        assert early["transports"] == early["transports of the data plane"] == 0
        await a_room(node, 10 * list(Way), first=10)
        await nothing_left(node, path, early)
        assert await settled_files(node, files) == files
        assert not node.faults()


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_r01_two_thousand_stays_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "census.json"
    monkeypatch.setenv("LOPHOP_TEST_CENSUS", str(path))
    for module in (scripted_person, scripted_association):
        # for minutes all that this machine has, and all guests are one process of ours
        monkeypatch.setattr(module, "PATIENCE_S", 120)
    sizes = []
    async with a_live_node(tmp_path, program="tests.support.counted_node", join_rate_per_s=1000) as node:
        await a_room(node, list(Way))
        early, files = await census(node, path, is_collected=True), node.open_files
        for turn in range(ROUNDS):
            await a_room(node, A_ROUND // len(Way) * list(Way), first=10 + turn * A_ROUND)
            await nothing_left(node, path, early)
            assert await settled_files(node, files) == files
            sizes.append(node.rss_kib)
            sys.stdout.write(f"R01 after {(turn + 1) * A_ROUND} stays: {sizes[-1]} KiB, {node.open_files} files\n")
        assert not node.faults()
    slope = (sizes[-1] - sizes[0]) / ((ROUNDS - 1) * A_ROUND)
    sys.stdout.write(f"R01 {slope:.2f} KiB a stay after the first {A_ROUND}\n")
    assert slope <= SLOPE_KIB
