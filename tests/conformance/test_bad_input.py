"""Bad input of every kind while a call is going on: each is answered or dropped, and the call does not notice."""

import asyncio
import random
import socket

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from livekit.protocol import rtc

from signaling.node import ENGINE
from tests.conformance.people import Person, people
from tests.signaling.wire import a_token, wired

STUN_REQUEST = bytes.fromhex("000100002112a442") + bytes(12)


async def a_call(an: Person, binh: Person) -> None:
    """Both see each other."""
    await an.publish_camera(60)
    await binh.publish_camera(180)
    await both_go_on(an, binh)


async def both_go_on(an: Person, binh: Person) -> None:
    """Some more pictures come each way, over connections that were never broken."""
    for viewer, publisher in ((an, "binh"), (binh, "an")):
        before = viewer.seen[publisher].frames if publisher in viewer.seen else 0
        await viewer.until(lambda v=viewer, p=publisher, b=before: p in v.seen and v.seen[p].frames > b + 3)
    for person in (an, binh):
        assert not person.names_of("disconnected") and not person.names_of("participant_disconnected")
        assert len(person.names_of("track_subscribed")) == 1


@pytest.fixture
def media_port(node: TestServer) -> int:
    return node.app[ENGINE].local_port  # type: ignore[index, union-attr]


async def test_random_datagrams_on_the_media_port_are_dropped(node: TestServer, media_port: int) -> None:
    chance = random.Random(1)
    async with people(node, "an", "binh") as (an, binh):
        await a_call(an, binh)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.setblocking(False)
            for first in range(256):
                stranger.sendto(bytes([first]) + chance.randbytes(chance.randrange(0, 1400)), ("127.0.0.1", media_port))
                await asyncio.sleep(0)
            stranger.sendto(STUN_REQUEST, ("127.0.0.1", media_port))
            stranger.sendto(b"", ("127.0.0.1", media_port))
            await both_go_on(an, binh)
            with pytest.raises(BlockingIOError):
                stranger.recv(2000)


async def test_random_protobuf_and_broken_offers_end_only_their_sender(node: TestServer) -> None:
    chance = random.Random(2)
    async with people(node, "an", "binh") as (an, binh), TestClient(node) as client:
        await a_call(an, binh)
        for number in range(20):
            async with wired(client, f"stranger-{number}", room="other") as wire:
                await wire.socket.send_bytes(chance.randbytes(200))
                await wire.ask(offer=rtc.SessionDescription(type="offer", sdp=chance.randbytes(200).decode("latin1")))
                await wire.closed()
        await both_go_on(an, binh)


async def test_tokens_that_prove_nothing_are_refused_one_by_one(node: TestServer) -> None:
    refused = 0
    async with people(node, "an", "binh") as (an, binh), aiohttp.ClientSession() as http:
        await a_call(an, binh)
        bad = (a_token("an", life_s=-600), a_token("an", secret="forged"), a_token("an", key="stranger"), "x.y.z", "")
        for token in bad:
            for path in ("/rtc", "/rtc/validate"):
                url = str(node.make_url(f"{path}?access_token={token}"))
                headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
                headers["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
                async with http.get(url, headers=headers if path == "/rtc" else {}) as answer:
                    refused += answer.status == 401
        assert refused == 2 * len(bad)
        await both_go_on(an, binh)


async def test_the_token_of_another_room_shows_nothing_of_this_one(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh), TestClient(node) as client:
        await a_call(an, binh)
        async with wired(client, "spy", room="other", room_admin=True) as wire:
            assert not (await wire.receive()).join.other_participants
            headers = {"Authorization": f"Bearer {a_token('spy', room='other', room_admin=True)}"}
            url = "/twirp/livekit.RoomService/ListParticipants"
            answer = await client.post(url, json={"room": "hall"}, headers=headers)
            assert answer.status == 403
        await both_go_on(an, binh)
