"""Calls to the media node and what its answers mean."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lms.errors import Unavailable
from lms.live.node_client import NodeClient, NodeError
from signaling.protocol import tokens
from tests.support.lms import KEY, SECRET

Answering = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def a_node(answering: Answering) -> AsyncIterator[NodeClient]:
    app = web.Application()
    app.router.add_post("/twirp/livekit.RoomService/{method}", answering)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        yield NodeClient(http, str(server.make_url("/")), key=KEY, secret=SECRET)


def saying(status: int, body: str) -> Answering:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    return answer


async def test_a_call_carries_a_token_for_that_call_only() -> None:
    seen: list[tokens.Claims] = []

    async def answer(request: web.Request) -> web.Response:
        bearer = request.headers["Authorization"].removeprefix("Bearer ")
        seen.append(tokens.verify(bearer, {KEY: SECRET}, time.time(), needs_identity=False))
        return web.json_response({})

    async with a_node(answer) as node:
        await node.create_room("s-1", is_recorded=True, keep_empty_s=60)
    assert seen[0].grant == tokens.Grant(room_create=True)
    assert seen[0].expires_at <= time.time() + 61


async def test_deleting_what_is_gone_is_fine() -> None:
    async with a_node(saying(404, '{"code": "not_found", "msg": "no room"}')) as node:
        await node.delete_room("s-1")


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (403, '{"code": "permission_denied", "msg": "no"}', "permission_denied"),
        (502, "<html>bad gateway</html>", "unknown"),
        (500, "[]", "unknown"),
    ],
)
async def test_a_refusal_is_told_with_its_code(status: int, body: str, code: str) -> None:
    async with a_node(saying(status, body)) as node:
        with pytest.raises(NodeError) as caught:
            await node.delete_room("s-1")
        assert caught.value.code == code


async def test_nobody_there_is_unavailable() -> None:
    async with aiohttp.ClientSession() as http:
        node = NodeClient(http, "http://127.0.0.1:1", key=KEY, secret=SECRET)
        with pytest.raises(Unavailable, match="live_unavailable"):
            await node.create_room("s-1", is_recorded=True, keep_empty_s=60)
