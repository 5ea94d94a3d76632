"""Somebody who was sent away: the old token opens nothing any more, a new one does, also after the node was killed."""

import datetime
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp.test_utils import TestServer
from livekit import api, rtc

from tests.conformance.people import KEY, SECRET, Person, a_token, people
from tests.signaling.process import a_config, a_node


def a_later_token(identity: str) -> str:
    """As the LMS signs it for somebody who is invited again a moment later."""
    claims: dict[str, Any] = jwt.decode(a_token(identity), options={"verify_signature": False})
    claims["nbf"] = int(datetime.datetime.now(datetime.UTC).timestamp()) + 2
    return jwt.encode(claims, SECRET, algorithm="HS256")


async def answer_of(url: str, token: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{url}/rtc/validate", params={"access_token": token}) as answer:
            return answer.status, await answer.text()


async def send_away(url: str, identity: str) -> None:
    async with api.LiveKitAPI(url, KEY, SECRET) as lk:
        await lk.room.remove_participant(api.RoomParticipantIdentity(room="hall", identity=identity))


@asynccontextmanager
async def somebody(url: str | TestServer, identity: str, token: str) -> AsyncIterator[Person]:
    person = Person(identity)
    try:
        await person.join(url, token)
        yield person
    finally:
        await person.leave()


async def test_the_old_token_is_refused_and_a_later_one_opens_the_door(node: TestServer) -> None:
    url, token = str(node.make_url("")).rstrip("/"), a_token("an")
    async with people(node, "binh") as (binh,):
        async with somebody(node, "an", token) as an:
            await send_away(url, "an")
            await an.until(lambda: an.names_of("disconnected"))
        status, reason = await answer_of(url, token)
        assert status == 403 and "removed" in reason
        with pytest.raises(rtc.ConnectError):
            await Person("an").join(node, token)
        assert (await answer_of(url, a_token("binh")))[0] == 200
        async with somebody(node, "an", a_later_token("an")):
            await binh.until(lambda: len(binh.names_of("participant_connected")) == 2)


async def test_who_is_between_two_sockets_is_kept_out_too(node: TestServer) -> None:
    url, token = str(node.make_url("")).rstrip("/"), a_token("an")
    async with people(node, "binh"):
        with pytest.raises(api.TwirpError) as caught:
            await send_away(url, "an")
        assert caught.value.code == "not_found"
        assert (await answer_of(url, token))[0] == 403


async def test_a_killed_node_remembers(tmp_path: Path) -> None:
    config, token = a_config(tmp_path), a_token("an")
    async with a_node(config) as (process, url):
        async with somebody(url, "an", token) as an:
            await send_away(url, "an")
            await an.until(lambda: an.names_of("disconnected"))
        process.kill()
        await process.wait()
    async with a_node(config) as (_, url):
        assert (await answer_of(url, token))[0] == 403
        assert (await answer_of(url, a_later_token("an")))[0] == 200
        with pytest.raises(rtc.ConnectError):
            await Person("an").join(url, token)
