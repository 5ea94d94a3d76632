"""The gateway between real servers: who gets what, what is hidden, what a dead part looks like."""

import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from lophop.gateway import Upstreams, create_gateway


def upstream(name: str) -> web.Application:
    async def echo(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            if request.path.endswith("/v1"):
                return web.Response(status=404)
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    await socket.send_bytes(name.encode() + message.data)
                    await socket.close(code=4000)
            return socket
        if request.path.startswith("/whip"):
            sent = {name: request.headers.get(name, "") for name in ("If-Match", "Content-Type", "Authorization")}
            links = [("Link", "<turn:a>"), ("Link", "<turn:b>"), ("Location", "/whip/a/x"), ("ETag", '"t"')]
            return web.json_response(
                {"served_by": name, "path": request.path_qs, "method": request.method} | sent, headers=links
            )
        body = await request.read()
        seen = {
            "served_by": name,
            "path": request.path_qs,
            "size": len(body),
            "for": request.headers["X-Forwarded-For"],
            "by": request.headers["X-Forwarded-Proto"],
        }
        return web.json_response(seen, headers={"X-From": name})

    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", echo)
    return app


@pytest.fixture
async def gateway() -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async with TestServer(upstream("node")) as node, TestServer(upstream("lms")) as lms:
        upstreams = Upstreams(node=str(node.make_url("")).rstrip("/"), lms=str(lms.make_url("")).rstrip("/"))
        async with TestClient(TestServer(create_gateway(upstreams))) as client:
            yield client


Client = TestClient[web.Request, web.Application]


def at(gateway: Client, path: str) -> str:
    """The whole address: a path that starts with two slashes would be taken for a host."""
    return str(gateway.make_url("/")).rstrip("/") + path


@pytest.mark.parametrize(
    ("path", "server"),
    [
        ("/", "lms"),
        ("/api/v1/me?x=1", "lms"),
        ("/rtcx", "lms"),
        ("/rtc/validate?access_token=a", "node"),
        ("//rtc/validate", "node"),
        ("/twirp/livekit.RoomService/ListRooms", "node"),
    ],
)
async def test_each_path_goes_to_its_part(gateway: Client, path: str, server: str) -> None:
    answer = await gateway.session.get(at(gateway, path))
    seen = await answer.json()
    assert seen["served_by"] == server == answer.headers["X-From"]
    assert seen["path"] == "/" + path.lstrip("/")
    assert seen["for"] == "127.0.0.1"


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "OPTIONS"])
async def test_whip_passes_with_its_methods_and_headers(gateway: Client, method: str) -> None:
    given = {"If-Match": '"t"', "Content-Type": "application/trickle-ice-sdpfrag", "Authorization": "Bearer x"}
    answer = await gateway.session.request(method, at(gateway, "/whip/a/x?source=camera"), headers=given, data=b"a=x")
    seen = await answer.json()
    assert seen == {"served_by": "node", "path": "/whip/a/x?source=camera", "method": method} | given
    assert answer.headers.getall("Link") == ["<turn:a>", "<turn:b>"]
    assert (answer.headers["Location"], answer.headers["ETag"]) == ("/whip/a/x", '"t"')


@pytest.mark.parametrize("path", ["/hooks/live", "/metrics", "//hooks/live"])
async def test_what_is_private_is_not_there(gateway: Client, path: str) -> None:
    assert (await gateway.session.post(at(gateway, path))).status == 404


async def test_bodies_are_relayed_whole(gateway: Client) -> None:
    answer = await gateway.post("/api/v1/imports", data=io.BytesIO(b"x" * 3_000_000))
    assert (await answer.json())["size"] == 3_000_000


async def test_websocket_frames_and_the_close_code_are_relayed(gateway: Client) -> None:
    async with gateway.ws_connect("/rtc") as socket:
        await socket.send_bytes(b"hello")
        assert (await socket.receive()).data == b"nodehello"
        await socket.receive()
        assert socket.close_code == 4000


async def test_a_refused_upgrade_keeps_its_status(gateway: Client) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await gateway.ws_connect("/rtc/v1")
    assert refusal.value.status == 404


async def test_a_dead_part_is_told_in_both_languages() -> None:
    upstreams = Upstreams(node="http://127.0.0.1:9", lms="http://127.0.0.1:9")
    async with TestClient(TestServer(create_gateway(upstreams))) as client:
        answer = await client.get("/api/v1/me")
        error = (await answer.json())["error"]
        assert answer.status == 503 and error["code"] == "part_unavailable"
        assert error["message_vi"] and error["message_en"]


async def test_a_tls_proxy_on_this_machine_is_believed(gateway: Client) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    seen = await (await gateway.get("/", headers=headers)).json()
    assert (seen["for"], seen["by"]) == ("203.0.113.7", "https")
