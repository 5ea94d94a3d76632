"""The node as a process: it starts, says what is wrong with its settings, ends cleanly, and loses no webhook."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from livekit.protocol import rtc

from signaling.protocol import webhook
from tests.signaling.wire import KEY, SECRET, a_token

ROOT = Path(__file__).parents[2]


def a_free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def a_config(folder: Path, **settings: object) -> Path:
    path = folder / "config.yaml"
    node = {"data_dir": str(folder / "data"), "api_keys": {KEY: SECRET}, "port": a_free_port(), "udp_port": 0}
    path.write_text(yaml.safe_dump({"node": node | settings}))
    return path


async def started(config: Path) -> asyncio.subprocess.Process:
    environment = {**os.environ, "LOPHOP_CONFIG": str(config)}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "signaling", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )


@asynccontextmanager
async def a_node(config: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A process that answers, and its address."""
    process = await started(config)
    url = f"http://127.0.0.1:{yaml.safe_load(config.read_text())['node']['port']}"
    try:
        async with aiohttp.ClientSession() as http:
            while not await _answers(http, url):
                assert process.returncode is None, (await _words(process))[-2000:]
                await asyncio.sleep(0.05)
        yield process, url
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _words(process: asyncio.subprocess.Process) -> str:
    return (await process.communicate())[1].decode()


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/healthz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def test_wrong_settings_are_named_in_one_line(tmp_path: Path) -> None:
    process = await started(a_config(tmp_path, colour="red"))
    words = await _words(process)
    assert process.returncode == 2 and words.strip() == "node: unknown keys: colour"


async def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = await started(a_config(tmp_path, port=taken.getsockname()[1]))
        words = await _words(process)
    assert process.returncode == 1
    assert "address already in use" in json.loads(words.splitlines()[-1])["reason"]


async def test_sigterm_sends_clients_elsewhere_and_ends_the_process(tmp_path: Path) -> None:
    async with a_node(a_config(tmp_path)) as (process, url), aiohttp.ClientSession() as http:
        async with http.ws_connect(f"{url}/rtc?access_token={a_token()}") as socket:
            assert (await socket.receive()).type is aiohttp.WSMsgType.BINARY
            process.send_signal(signal.SIGTERM)
            leave = None
            while (message := await socket.receive()).type is aiohttp.WSMsgType.BINARY:
                response = rtc.SignalResponse.FromString(message.data)
                leave = response.leave if response.HasField("leave") else leave
            assert leave is not None and leave.action == rtc.LeaveRequest.Action.RECONNECT
        words = await _words(process)
        assert process.returncode == 0
        assert all(json.loads(line)["event"] for line in words.splitlines())
        assert a_token() not in words and "access_token" not in words


async def test_a_killed_node_still_delivers_what_it_had_to_say(tmp_path: Path) -> None:
    told: list[str] = []
    is_open = False
    heard = asyncio.Event()

    async def hooks(request: web.Request) -> web.Response:
        event = webhook.verify(await request.read(), request.headers["Authorization"], {KEY: SECRET}, time.time())
        heard.set()
        if not is_open:
            return web.Response(status=500)
        told.append(event["event"])
        heard.set()
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks", hooks)
    async with TestServer(app, host="127.0.0.1") as server:
        config = a_config(tmp_path, webhook_urls=[str(server.make_url("/hooks"))])
        async with a_node(config) as (process, url), aiohttp.ClientSession() as http:
            headers = {"Authorization": f"Bearer {a_token(room_create=True)}"}
            async with http.post(
                f"{url}/twirp/livekit.RoomService/CreateRoom", json={"name": "a"}, headers=headers
            ) as answer:
                assert answer.status == 200
            await heard.wait()
            process.kill()
            await process.wait()
        is_open = True
        heard.clear()
        async with a_node(config):
            while not told:
                heard.clear()
                await heard.wait()
    assert told[0] == "room_started"
