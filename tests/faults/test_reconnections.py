"""Reconnections in every order that a client, its network and its last attempt can produce (R06).

One person comes back hundreds of times while its voice goes on; somebody else watches how often it is shown. Truth is
what was sent: every second of it is to be proven, and none besides.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from livekit.protocol import models, rtc

from sfu.config import ParticipantState
from sfu.engine import Engine
from sfu.ids import ParticipantSid
from signaling.config import NodeConfig
from signaling.node import ENGINE, LINE_BYTES_LIMIT, create_app
from tests.networks.evidence import state
from tests.sfu.wire import Rtp
from tests.signaling.wire import KEY, SECRET, Wire, wired
from tests.support.scripted_association import Association
from tests.support.scripted_person import LEVEL_ID, MID_ID, OPUS, Section, an_offer, transport_lines, value_of
from tests.support.told import Told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
RESUMPTIONS = 500
STAYS = 60
VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=4711)


async def until(fact: Callable[[], bool]) -> None:
    while not fact():
        await asyncio.sleep(0.01)


@dataclass(slots=True)
class Tiles:
    """Who is shown to somebody else."""

    shown: dict[str, str] = field(default_factory=dict)
    most: int = 0

    async def watch(self, wire: Wire) -> None:
        while True:
            message = await wire.socket.receive()
            if message.type is not aiohttp.WSMsgType.BINARY:
                return
            response = rtc.SignalResponse.FromString(message.data)
            for one in response.update.participants:
                self.shown[one.sid] = one.identity
                if one.state == models.ParticipantInfo.State.DISCONNECTED:
                    del self.shown[one.sid]
            self.most = max(self.most, sum(identity == "an" for identity in self.shown.values()))


@asynccontextmanager
async def a_node(folder: Path) -> AsyncIterator[TestServer]:
    config = NodeConfig(data_dir=folder, api_keys={KEY: SECRET}, port=0, udp_port=0, join_rate_per_s=10_000)
    server = TestServer(await create_app(config), host="127.0.0.1")
    await server.start_server(max_line_size=LINE_BYTES_LIMIT)
    try:
        yield server
    finally:
        await server.close()


@dataclass(slots=True)
class An:
    """The one who comes again and again."""

    http: aiohttp.ClientSession
    engine: Engine
    stack: AsyncExitStack
    sid: str = ""
    wire: Wire | None = None
    association: Association | None = None
    number: int = 0

    async def join(self) -> None:
        self.wire = await self.stack.enter_async_context(wired(self.http, can_subscribe=False))
        self.sid = (await self.wire.until("join")).participant.sid
        await self.wire.ask(
            add_track=rtc.AddTrackRequest(
                cid="voice", type=models.TrackType.AUDIO, source=models.TrackSource.MICROPHONE
            )
        )
        await self.wire.until("track_published")
        association = await Association.open(("127.0.0.1", self.engine.local_port), "", "")
        offer = an_offer([VOICE.lines()], transport=transport_lines(association.fingerprint))
        await self.wire.ask(offer=rtc.SessionDescription(type="offer", sdp=offer, id=1))
        answer = (await self.wire.until("answer")).sdp
        association.ufrag, association.pwd = value_of(answer, "ice-ufrag"), value_of(answer, "ice-pwd")
        await association.connect()
        await association.handshake()
        self.association = association
        # what is still being joined cannot be resumed
        await until(lambda: self.engine.participant(ParticipantSid(self.sid)).state is ParticipantState.ACTIVE)

    async def resume(self, sid: str = "") -> Wire:
        """A second socket for the stay; the first one is as it was."""
        query = f"&reconnect=1&sid={sid or self.sid}"
        return await self.stack.enter_async_context(wired(self.http, query=query, can_subscribe=False))

    def hum(self) -> None:
        """The next 20 ms."""
        assert self.association is not None
        self.number += 1
        extensions = {MID_ID: b"0", LEVEL_ID: b"\x9e"}
        self.association.send_rtp(
            Rtp(
                payload_type=OPUS,
                sequence=self.number % 65536,
                timestamp=960 * self.number,
                ssrc=VOICE.ssrc,
                payload=b"\xfc" * 60,
                extensions=extensions,
            )
        )

    async def hum_on(self) -> None:
        while True:
            self.hum()
            await asyncio.sleep(0.02)


def broken(wire: Wire) -> None:
    """As by a network that is gone: no close, no goodbye."""
    connection = wire.socket._response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()


async def reconnected(an: An, chance: random.Random) -> None:
    """Once, in one of the orders that happen."""
    old = an.wire
    assert old is not None
    match chance.randrange(5):
        case 0:
            # the socket dies, the client comes back
            broken(old)
            an.wire = await an.resume()
        case 1:
            # the client is back before the old socket is known to be dead
            an.wire = await an.resume()
            broken(old)
        case 2:
            # a first attempt dies unread, and is noticed after the second one has come
            first = await an.resume()
            an.wire = await an.resume()
            broken(first)
            broken(old)
        case 3:
            # two attempts at once: whichever came last is the client's
            broken(old)
            one, other = await asyncio.gather(an.resume(), an.resume())
            an.wire = await an.resume()
            for wire in chance.sample([one, other], 2):
                broken(wire)
        case _:
            # the old one says goodbye to its socket properly, late
            an.wire = await an.resume()
            await old.socket.close()
    await an.wire.until("reconnect")


@asynccontextmanager
async def a_watched_node(folder: Path) -> AsyncIterator[tuple[Engine, Told, Tiles, An]]:
    async with a_node(folder) as node, AsyncExitStack() as stack:
        engine, told, tiles = node.app[ENGINE], Told(), Tiles()
        engine.events(told.note)
        endless = aiohttp.TCPConnector(limit=0)
        http = await stack.enter_async_context(
            aiohttp.ClientSession(base_url=str(node.make_url("/")), connector=endless)
        )
        binh = await stack.enter_async_context(wired(http, "binh"))
        await binh.until("join")
        watching = asyncio.create_task(tiles.watch(binh))
        yield engine, told, tiles, An(http, engine, stack)
        watching.cancel()


async def test_r06_five_hundred_reconnections_are_one_stay(tmp_path: Path) -> None:
    chance = random.Random(6)
    async with a_watched_node(tmp_path) as (engine, told, tiles, an):
        await an.join()
        before = engine.open_transports, len(asyncio.all_tasks())
        humming = asyncio.create_task(an.hum_on())
        began = time.time()
        for _ in range(RESUMPTIONS):
            await reconnected(an, chance)
        seconds = time.time() - began
        # all that is late has come by now: a detached stay would be told so
        await until(lambda: len(asyncio.all_tasks()) <= before[1] + 1)
        ended = time.time()
        humming.cancel()
        assert told.left == []
        assert engine.open_transports == before[0]
        assert list(tiles.shown.values()).count("an") == tiles.most == 1
        assert an.wire is not None and an.association is not None
        await an.wire.ask(leave=rtc.LeaveRequest())
        an.association.close()
        await until(lambda: told.left == [an.sid] and engine.open_transports < before[0])
        wrong, missing = told.errors(an.sid, began, ended)
        presence = f"{wrong} seconds too many, {missing} missing"
        state(
            f"| R06: {RESUMPTIONS} shuffled reconnections in a row in {seconds:.0f} s | {presence}; never two tiles |"
        )
        assert (wrong, missing) == (0, 0)


async def test_r06_a_stay_that_was_replaced_harms_nothing_when_it_comes_late(tmp_path: Path) -> None:
    chance = random.Random(7)
    async with a_watched_node(tmp_path) as (engine, told, tiles, an):
        stays: list[tuple[str, float, float]] = []
        at_rest = engine.open_transports
        for _ in range(STAYS):
            old, old_sid, old_association = an.wire, an.sid, an.association
            joined = time.time()
            await an.join()
            for _ in range(5):
                an.hum()
                await asyncio.sleep(0.02)
            if old is not None and old_association is not None:
                # what is late of the stay before: its media, its end, and its wish to go on
                late = [partial(broken, old), old_association.close]
                for act in chance.sample(late, len(late)):
                    act()
                refused = await an.resume(old_sid)
                assert (await refused.until("leave")).reason == models.DisconnectReason.STATE_MISMATCH
            stays.append((an.sid, joined, time.time()))
            present = [one.sid for one in engine.participants(engine.rooms()[0].name) if one.identity == "an"]
            assert present == [an.sid]
        assert told.left == [sid for sid, *_ in stays[:-1]]
        assert tiles.most == 1
        assert an.wire is not None and an.association is not None
        await an.wire.ask(leave=rtc.LeaveRequest())
        an.association.close()
        await until(lambda: engine.open_transports == at_rest and an.sid in told.left)
        worst = max(sum(told.errors(sid, began, ended)) for sid, began, ended in stays)
        state(f"| R06: {STAYS} stays that replace each other | wrong by {worst} s in the worst stay; never two tiles |")
        assert worst <= 2
