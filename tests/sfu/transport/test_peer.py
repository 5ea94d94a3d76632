"""A peer that ends while something is on its way: nothing of it may be left."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from sfu._dataplane import Dataplane
from sfu.sdp.local import RemoteTransport
from sfu.transport.dtls import Certificate
from sfu.transport.endpoint import Endpoint
from sfu.transport.peer import Network, Peer, PeerLimits
from tests.sfu.transport.ends import fingerprints

LIMIT_S = 20
# far beyond the test's own limit
LATE = PeerLimits(negotiation_s=600, handshake_s=600)
# more turns of the loop than anything here takes that waits for nothing
TURNS = 50


class Listener:
    def __init__(self):
        self.told = []

    def on_connected(self):
        self.told.append("connected")

    def on_data(self, kind, payload):
        self.told.append(payload)

    def on_failed(self, reason):
        self.told.append(reason)


class Scene:
    """A peer in the middle of its handshake, with nobody at the other end but the test."""

    def __init__(self, plane, limits):
        self.listener = Listener()
        self.network = Network(plane, addresses=(), limits=limits, spawn=self._spawn)
        self.peer = Peer(self.network, self.listener, creates_channels=False)
        self.certificate = Certificate()

    def _spawn(self, peer):
        raise AssertionError("the test runs it")

    async def begin(self):
        remote = RemoteTransport(fingerprints=tuple(fingerprints(self.certificate)), setup="passive")
        self.peer.negotiate(remote, is_server=False, max_message_size=0)
        running = asyncio.create_task(self.peer.run())
        await turns()
        return running


async def turns():
    for _ in range(TURNS):
        await asyncio.sleep(0)


@asynccontextmanager
async def a_scene(limits=LATE):
    plane = Dataplane(bind="127.0.0.1:0")
    try:
        yield Scene(plane, limits)
    finally:
        plane.close()


@pytest.mark.parametrize("between", range(6))
async def test_a_datagram_in_the_turn_of_its_end_does_not_keep_it_alive(between):
    async with a_scene() as scene, asyncio.timeout(LIMIT_S):
        running = await scene.begin()
        scene.peer.handle_datagram(b"\x16\xfe\xfd nothing")
        for _ in range(between):
            await asyncio.sleep(0)
        scene.peer.close()
        await running
        assert scene.listener.told == []


@pytest.mark.parametrize("before", range(6))
async def test_an_end_in_the_turn_of_a_datagram_does_not_keep_it_alive(before):
    async with a_scene() as scene, asyncio.timeout(LIMIT_S):
        running = await scene.begin()
        scene.peer.close()
        for _ in range(before):
            await asyncio.sleep(0)
        scene.peer.handle_datagram(b"\x16\xfe\xfd nothing")
        await running
        assert scene.listener.told == []


async def test_a_handshake_that_never_ends_is_ended_however_much_comes():
    async with a_scene(PeerLimits(negotiation_s=600, handshake_s=0.2)) as scene, asyncio.timeout(LIMIT_S):
        running = await scene.begin()
        while not running.done():
            scene.peer.handle_datagram(b"\x16\xfe\xfd nothing")
            await asyncio.sleep(0)
        await running
        assert scene.listener.told == ["no connection in time"]


async def test_what_is_waited_for_when_the_endpoint_hangs_up_is_told():
    endpoint = Endpoint(lambda datagram: True)
    async with asyncio.timeout(LIMIT_S):
        waiting = asyncio.create_task(endpoint._recv())
        await turns()
        endpoint.hang_up()
        with pytest.raises(ConnectionError):
            await waiting
        with pytest.raises(ConnectionError):
            await endpoint._recv()
        await endpoint._send(b"goodbye")
        endpoint.close()
        with pytest.raises(ConnectionError):
            await endpoint._send(b"goodbye")
