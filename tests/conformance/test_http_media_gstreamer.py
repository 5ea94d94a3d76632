"""GStreamer, a program of others with a WebRTC stack of its own, publishes by WHIP and watches by WHEP."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from tests.conformance.people import a_token, people

PYTHON = "/usr/bin/python3"
PROGRAM = Path(__file__).parents[1] / "support" / "gst_media.py"
CHECK = "import gi; [gi.require_version(n, v) for n, v in (('GstWebRTC', '1.0'), ('GstSdp', '1.0'), ('Nice', '0.1'))]"


def has_gstreamer() -> bool:
    try:
        return subprocess.run([PYTHON, "-c", CHECK], capture_output=True, timeout=30).returncode == 0
    except FileNotFoundError:
        return False


pytestmark = [pytest.mark.skipif(not has_gstreamer(), reason="GStreamer with Python bindings is not installed")]


@dataclass(slots=True)
class Program:
    process: asyncio.subprocess.Process
    told: list[dict[str, Any]] = field(default_factory=list)

    async def until(self, fact: Callable[[dict[str, Any]], object]) -> None:
        """Read what it says until it says that."""
        assert self.process.stdout is not None
        while not any(fact(one) for one in self.told):
            line = await self.process.stdout.readline()
            if not line:
                # what it wrote to the standard error goes to the test's report
                raise AssertionError(f"GStreamer ended after {self.told[-3:]}")
            self.told = [*self.told[-20:], json.loads(line)]

    async def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.until(lambda one: one.get("deleted") == 200)
        await self.process.wait()


@asynccontextmanager
async def gstreamer(protocol: str, node: TestServer, token: str, codec: str) -> AsyncIterator[Program]:
    arguments = (str(PROGRAM), protocol, str(node.make_url(f"/{protocol}/hall")), token, codec)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(PYTHON, *arguments, stdin=pipe, stdout=pipe, stderr=sys.stderr)
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_gstreamer_publishes_by_whip(node: TestServer, codec: str) -> None:
    async with people(node, "an") as (an,), gstreamer("whip", node, a_token("gst"), codec) as program:
        await program.until(lambda one: one.get("status") == 201)
        await an.until(lambda: "gst" in an.seen and an.seen["gst"].luma > 200)
        await an.until(lambda: "gst" in an.heard and an.heard["gst"].peak > 4000)
        assert an.seen["gst"].width == 320
        await program.end()
        await an.until(lambda: an.names_of("participant_disconnected"))


@pytest.mark.parametrize("codec", [pytest.param("VP8", marks=pytest.mark.slow), "H264"])
async def test_gstreamer_watches_by_whep_what_gstreamer_sends(node: TestServer, codec: str) -> None:
    async with gstreamer("whip", node, a_token("gst"), codec) as sender:
        await sender.until(lambda one: one.get("state") == "connected")
        async with gstreamer("whep", node, a_token("tv"), codec) as player:
            await player.until(lambda one: one.get("luma", 0) > 200)
            await player.until(lambda one: one.get("peak", 0) > 4000)
            await player.end()
        await sender.end()


async def test_gstreamer_follows_the_room(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh), gstreamer("whep", node, a_token("tv"), "VP8") as player:
        await an.publish_camera(60)
        await player.until(lambda one: abs(one.get("luma", 0) - 51) < 20)
        await binh.publish_camera(200)
        await binh.publish_microphone()
        await player.until(lambda one: one.get("luma", 0) > 190)
        await player.until(lambda one: one.get("peak", 0) > 2000)
        await player.end()
