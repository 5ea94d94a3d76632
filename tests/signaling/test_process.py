"""The node as a process: it starts, says what is wrong with its settings, ends cleanly, and loses no webhook."""

import asyncio
import json
import signal
import socket
import time
from pathlib import Path

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from livekit.protocol import rtc

from signaling.protocol import webhook
from tests.signaling.process import a_config, a_node, started, words_of
from tests.signaling.wire import KEY, SECRET, a_token


async def test_wrong_settings_are_named_in_one_line(tmp_path: Path) -> None:
    process = await started(a_config(tmp_path, colour="red"))
    words = await words_of(process)
    assert process.returncode == 2 and words.strip() == "node: unknown keys: colour"


async def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = await started(a_config(tmp_path, port=taken.getsockname()[1]))
        words = await words_of(process)
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
        words = await words_of(process)
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
