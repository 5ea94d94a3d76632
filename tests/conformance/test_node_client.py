"""LiveKit's own Node client (npm's @livekit/rtc-node) judges the node, with Python people on the other side."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from tests.conformance.people import a_token, people, url_of

CLIENT = Path(__file__).parent / "node_client"

pytestmark = pytest.mark.skipif(not (CLIENT / "node_modules").is_dir(), reason="make setup installs the Node client")


class NodePerson:
    """The client as a process: told lines come in, commands go out."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.told: list[dict[str, Any]] = []

    async def until(self, fact: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The first line, told already or yet to come, of which the fact is true."""
        for line in self.told:
            if fact(line):
                return line
        assert self._process.stdout is not None
        while text := await self._process.stdout.readline():
            line = json.loads(text)
            if "event" not in line:
                # the client library's own log
                continue
            self.told.append(line)
            if fact(line):
                return line
        raise AssertionError(f"the client ended: {await self.last_words()}")

    async def last_words(self) -> str:
        assert self._process.stderr is not None
        return (await self._process.stderr.read()).decode()[-2000:]

    async def do(self, *words: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write((" ".join(words) + "\n").encode())
        await self._process.stdin.drain()


@asynccontextmanager
async def a_node_person(node: TestServer, identity: str, luma: int) -> AsyncIterator[NodePerson]:
    process = await asyncio.create_subprocess_exec(
        "node",
        "client.mjs",
        url_of(node),
        a_token(identity),
        str(luma),
        cwd=CLIENT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    person = NodePerson(process)
    try:
        await person.until(lambda line: line["event"] == "joined")
        yield person
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def shows(identity: str, luma: int) -> Callable[[dict[str, Any]], bool]:
    return lambda line: line["event"] == "frame" and line["identity"] == identity and abs(line["luma"] - luma) < 12


async def test_the_node_client_and_the_python_client_see_each_other(node: TestServer) -> None:
    async with people(node, "an") as (an,):
        await an.publish_camera(60)
        async with a_node_person(node, "nut", 170) as nut:
            assert nut.told[0]["others"] == ["an"]
            await nut.do("publish")
            await nut.until(shows("an", 60))
            await an.until(lambda: "nut" in an.seen and abs(an.seen["nut"].luma - 170) < 12)
            await an.until(lambda: "nut" in an.heard and an.heard["nut"].peak > 3000)
            await nut.do("unpublish")
            await an.until(lambda: an.names_of("track_unpublished"))
            await nut.do("leave")
            await an.until(lambda: an.names_of("participant_disconnected"))


async def test_the_node_client_talks_data_with_topic_and_destination(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh), a_node_person(node, "nut", 100) as nut:
        await nut.do("say", "topic-1", "an", "for", "an")
        await nut.do("say", "topic-2", "*", "for", "all")
        await an.until(lambda: len(an.data) == 2)
        await binh.until(lambda: binh.data)
        assert [(packet.topic, packet.data) for packet in an.data] == [("topic-1", b"for an"), ("topic-2", b"for all")]
        assert [packet.data for packet in binh.data] == [b"for all"]
        await an.room.local_participant.publish_data(b"back", topic="answer", destination_identities=["nut"])
        line = await nut.until(lambda line: line["event"] == "data")
        assert (line["text"], line["topic"], line["identity"]) == ("back", "answer", "an")


async def test_the_node_client_is_told_of_muting_and_leaving(node: TestServer) -> None:
    async with people(node, "an") as (an,), a_node_person(node, "nut", 100) as nut:
        publication = await an.publish_camera(60)
        await nut.until(shows("an", 60))
        publication.track.mute()
        await nut.until(lambda line: line["event"] == "muted" and line["identity"] == "an")
        await an.room.local_participant.unpublish_track(publication.sid)
        await nut.until(lambda line: line["event"] == "unpublished")
        await an.leave()
        await nut.until(lambda line: line["event"] == "left")


async def test_a_second_node_client_of_one_identity_replaces_the_first(node: TestServer) -> None:
    async with a_node_person(node, "nut", 100) as first, a_node_person(node, "nut", 100):
        line = await first.until(lambda line: line["event"] == "disconnected")
        assert line["reason"] == 2  # DUPLICATE_IDENTITY
