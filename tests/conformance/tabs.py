"""livekit-client in tabs of a real Chromium: the page, the browser, one person a tab."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, async_playwright

from tests.conformance.people import a_token, url_of
from tests.support.browser import FLAGS

HERE = Path(__file__).parent
LIVEKIT_CLIENT = HERE.parents[1] / "web_client/node_modules/livekit-client/dist/livekit-client.umd.js"
CHROMIUM = Path("/usr/bin/chromium")

needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(not (LIVEKIT_CLIENT.is_file() and CHROMIUM.is_file()), reason="make setup installs both"),
]


async def _page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(HERE / "page.html")


async def _script(request: web.Request) -> web.FileResponse:
    return web.FileResponse(LIVEKIT_CLIENT)


async def _worker(request: web.Request) -> web.FileResponse:
    return web.FileResponse(LIVEKIT_CLIENT.with_name("livekit-client.e2ee.worker.js"))


@asynccontextmanager
async def a_site() -> AsyncIterator[str]:
    """The page, from another origin than the node's."""
    app = web.Application()
    app.router.add_get("/", _page)
    app.router.add_get("/livekit-client.umd.js", _script)
    app.router.add_get("/livekit-client.e2ee.worker.js", _worker)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/"))


@asynccontextmanager
async def a_browser(program: Path = CHROMIUM) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=str(program), headless=True, args=FLAGS)
        yield started
        await started.close()


@asynccontextmanager
async def a_tab(
    browser: Browser, site: str, node: TestServer | str, identity: str, key: str = "", **options: Any
) -> AsyncIterator[Page]:
    """One person in the room, in a browser profile of its own; `options` are RoomOptions, `key` encrypts end to end."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{site}?{urlencode({'options': json.dumps(options), 'key': key})}")
    await page.evaluate("([url, token]) => join(url, token)", [url_of(node), a_token(identity)])
    yield page
    await context.close()


async def until(page: Page, question: str) -> None:
    """Asks until the answer is true. For promises: `wait_for_function` takes one for true before it is answered."""
    while not await page.evaluate(question):
        await asyncio.sleep(0.1)
