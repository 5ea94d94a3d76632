"""The one public port: LiveKit's paths go to the media node, everything else to the LMS.

Bodies are streamed both ways, WebSockets are relayed frame by frame, and a part that is down answers 503 in both
languages while the others go on. Nothing here decides anything about rooms or people.
"""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import structlog
from aiohttp import WSMsgType, web
from multidict import CIMultiDict

log = structlog.get_logger()

NODE_PATHS = ("/rtc", "/twirp", "/whip", "/whep", "/settings")
PRIVATE_PATHS = ("/hooks", "/metrics")
MAX_MESSAGE_BYTES = 2 * 1024 * 1024
UPSTREAM_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=5, sock_read=120)
MAX_BODY_BYTES = 64 * 1024 * 1024
# RFC 9110 7.6.1: these belong to one connection, not to the message.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
UNAVAILABLE = {
    "error": {
        "code": "part_unavailable",
        "message_vi": "Máy chủ đang khởi động lại phần này. Hãy thử lại sau vài giây.",
        "message_en": "This part of the server is restarting. Try again in a few seconds.",
        "fields": {},
    }
}


class Upstreams:
    """Where the two web-facing processes listen: `http://127.0.0.1:port`, no trailing slash."""

    def __init__(self, *, node: str, lms: str) -> None:
        self.node = node
        self.lms = lms

    def of(self, path: str) -> str | None:
        """None for what is not public."""
        # The Go server and its clients treat `//rtc` as `/rtc`: a base address may end in a slash.
        clean = "/" + path.lstrip("/")
        if _is_under(clean, PRIVATE_PATHS):
            return None
        return self.node if _is_under(clean, NODE_PATHS) else self.lms


upstreams_key = web.AppKey("upstreams", Upstreams)
client_key = web.AppKey("client", aiohttp.ClientSession)


def _is_under(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith((root + "/", root + ".")) for root in roots)


def create_gateway(upstreams: Upstreams) -> web.Application:
    """The application that serves the public port."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app[upstreams_key] = upstreams
    app.cleanup_ctx.append(_client)
    app.router.add_route("*", "/{path:.*}", _relay)
    return app


async def _client(app: web.Application) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=0)
    session = aiohttp.ClientSession(
        connector=connector,
        timeout=UPSTREAM_TIMEOUT,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    async with session:
        app[client_key] = session
        yield


async def _relay(request: web.Request) -> web.StreamResponse:
    upstream = request.app[upstreams_key].of(request.path)
    if upstream is None:
        raise web.HTTPNotFound
    url = upstream + "/" + request.raw_path.lstrip("/")
    try:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await _relay_websocket(request, url)
        return await _relay_request(request, url)
    except (
        aiohttp.ClientConnectorError,
        aiohttp.ServerDisconnectedError,
        aiohttp.ClientOSError,
        TimeoutError,
    ) as error:
        log.warning("gateway.upstream_unavailable", path=request.path, error=type(error).__name__)
        return web.json_response(
            UNAVAILABLE, status=503, headers={"Retry-After": "2", "Access-Control-Allow-Origin": "*"}
        )


def _forward_headers(request: web.Request) -> CIMultiDict[str]:
    headers = CIMultiDict((name, value) for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP)
    # Only a proxy on this machine is believed about who asks and how; what any other client wrote is dropped.
    is_proxied = request.remote in ("127.0.0.1", "::1")
    if not (is_proxied and "X-Forwarded-For" in request.headers):
        headers["X-Forwarded-For"] = request.remote or ""
    if not (is_proxied and "X-Forwarded-Proto" in request.headers):
        headers["X-Forwarded-Proto"] = request.scheme
    return headers


async def _relay_request(request: web.Request, url: str) -> web.StreamResponse:
    body = request.content.iter_chunked(65536) if request.body_exists else None
    headers = _forward_headers(request)
    session = request.app[client_key]
    async with session.request(
        request.method, url, headers=headers, data=body, allow_redirects=False, max_line_size=65536
    ) as answer:
        response = web.StreamResponse(status=answer.status, reason=answer.reason)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_BY_HOP:
                response.headers.add(name, value)
        await response.prepare(request)
        if request.method != "HEAD":
            async for chunk in answer.content.iter_chunked(65536):
                await response.write(chunk)
        await response.write_eof()
        return response


async def _relay_websocket(request: web.Request, url: str) -> web.StreamResponse:
    headers = _forward_headers(request)
    for name in [name for name in headers if name.lower().startswith("sec-websocket-")]:
        del headers[name]
    session = request.app[client_key]
    try:
        upstream = await session.ws_connect(
            url, headers=headers, max_msg_size=MAX_MESSAGE_BYTES, autoping=False, autoclose=False
        )
    except aiohttp.WSServerHandshakeError as refusal:
        # The status is the message: SDKs fall back to another protocol version on 404.
        return web.Response(status=refusal.status, headers={"Access-Control-Allow-Origin": "*"})
    async with upstream:
        client = web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES, autoping=False, autoclose=False)
        await client.prepare(request)
        async with asyncio.TaskGroup() as both:
            both.create_task(_pump(client, upstream))
            both.create_task(_pump(upstream, client))
    return client


Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _pump(source: Socket, target: Socket) -> None:
    """Relays until `source` closes, then closes `target` with the same code."""
    try:
        while True:
            message = await source.receive()
            if message.type is WSMsgType.BINARY:
                await target.send_bytes(message.data)
            elif message.type is WSMsgType.TEXT:
                await target.send_str(message.data)
            elif message.type is WSMsgType.PING:
                await target.ping(message.data)
            elif message.type is WSMsgType.PONG:
                await target.pong(message.data)
            else:
                break
    except (ConnectionError, aiohttp.ClientError):
        log.debug("gateway.websocket_lost")
    code = source.close_code or 1001
    # 1005 and 1006 mean «none was sent» and must not be put on the wire (RFC 6455 7.4.1).
    await target.close(code=code if code not in (1005, 1006) else 1001)
