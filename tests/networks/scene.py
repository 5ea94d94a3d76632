"""A node at the near end of a bad line and people at both ends, in real browsers.

Waiting is for facts: nothing here sleeps to let something happen.
"""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from tests.conformance.people import KEY, SECRET, a_token
from tests.support.browser import FLAGS
from tests.support.link import NEAR, NEAR6, Link, a_link
from tests.support.namespace import Namespace

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "tests/conformance/page.html"
LIVEKIT_CLIENT = ROOT / "web_client/node_modules/livekit-client/dist/livekit-client.umd.js"
# the namespaces are ours alone, so are all their ports
HTTP_PORT, UDP_PORT, TCP_PORT, SITE_PORT = 7880, 7882, 7881, 8080
# what goes to the node's media, by the ways a firewall knows
MEDIA = {"udp": f"udp dport {UDP_PORT}", "tcp": f"tcp dport {TCP_PORT}"}
# true once somebody's camera and microphone have come through for a while
SEES = "who => (seen.frames[`${who}/camera`] || 0) > 5 && newest.audio.packets > 20"


@dataclass(slots=True)
class Scene:
    """`link.near` holds the node and the people on good lines, `link.far` those on the bad one."""

    link: Link
    folder: Path
    stack: AsyncExitStack
    address: str = NEAR
    browsers: dict[str, Browser] = field(default_factory=dict)

    @property
    def url(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"ws://{host}:{HTTP_PORT}"

    async def block(self, *ways: str, at: Namespace | None = None) -> None:
        """The far side's firewall drops these ways to the node's media, each way of `MEDIA` or an nft match; none: all
        pass. What has been blocked before passes again."""
        rules = "\n".join(f"    {MEDIA.get(way, way)} drop" for way in ways)
        await (at or self.link.far).nft(
            "table inet block\ndelete table inet block\ntable inet block {\n"
            f"  chain out {{ type filter hook output priority 0; policy accept;\n{rules}\n  }}\n}}\n"
        )

    async def browser(self, namespace: Namespace, *flags: str) -> Browser:
        """Chromium inside the namespace, one for all its people."""
        if namespace.name not in self.browsers:
            playwright = await self.stack.enter_async_context(async_playwright())
            browser = await playwright.chromium.launch(
                executable_path=namespace.wrapper(self.folder, "/usr/bin/chromium"),
                headless=True,
                args=[*FLAGS, *flags],
            )
            self.stack.push_async_callback(browser.close)
            await self._open_site(namespace)
            self.browsers[namespace.name] = browser
        return self.browsers[namespace.name]

    async def _open_site(self, namespace: Namespace) -> None:
        """The page, at an address that browsers inside take for a safe one."""
        app = web.Application()
        app.router.add_get("/", _page)
        app.router.add_get("/livekit-client.umd.js", _script)
        runner = web.AppRunner(app)
        await runner.setup()
        self.stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, namespace.listening(port=SITE_PORT)).start()

    async def tab(self, namespace: Namespace, identity: str, *flags: str, **options: Any) -> Page:
        """One person in the room; `options` are those of livekit-client's `connect`."""
        page = await self.empty_tab(namespace, *flags)
        await page.evaluate("([url, token, options]) => join(url, token, options)", self._door(identity, options))
        return page

    async def empty_tab(self, namespace: Namespace, *flags: str) -> Page:
        """Somebody who has not joined yet."""
        browser = await self.browser(namespace, *flags)
        context = await browser.new_context()
        context.set_default_timeout(0)
        await context.add_init_script(path=HERE / "connections.js")
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{SITE_PORT}/")
        return page

    async def call(self) -> tuple[Page, Page]:
        """Two people who see and hear each other: one at the far end, one at the near."""
        far = await self.tab(self.link.far, "far")
        near = await self.tab(self.link.near, "near")
        for page in (far, near):
            await show_and_speak(page)
        await far.wait_for_function(SEES, arg="near")
        await near.wait_for_function(SEES, arg="far")
        return far, near

    def _door(self, identity: str, options: dict[str, Any]) -> list[Any]:
        return [self.url, a_token(identity), options]


async def show_and_speak(page: Page) -> None:
    await page.evaluate("camera('vp8')")
    await page.evaluate("microphone()")


async def _page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE)


async def _script(request: web.Request) -> web.FileResponse:
    return web.FileResponse(LIVEKIT_CLIENT)


@asynccontextmanager
async def a_scene(folder: Path, *, seed: int = 1, is_v6: bool = False, **settings: object) -> AsyncIterator[Scene]:
    """A link and a node on it; `settings` go over the node's."""
    async with AsyncExitStack() as stack:
        link = await stack.enter_async_context(a_link(seed))
        scene = Scene(link, folder, stack, address=NEAR6 if is_v6 else NEAR)
        node = {
            "data_dir": str(folder / "data"),
            "api_keys": {KEY: SECRET},
            "host": scene.address,
            "port": HTTP_PORT,
            "udp_port": UDP_PORT,
            "tcp_port": TCP_PORT,
            "node_ip": scene.address,
        }
        config = folder / "config.yaml"
        config.write_text(yaml.safe_dump({"node": node | settings}))
        words = stack.enter_context((folder / "node.log").open("wb"))
        process = await asyncio.create_subprocess_exec(
            *link.near.command,
            sys.executable,
            "-m",
            "signaling",
            cwd=ROOT,
            env={**os.environ, "LOPHOP_CONFIG": str(config)},
            stderr=words,
        )
        stack.push_async_callback(_ended, process)
        while not await _answers(link.near, scene.address):
            assert process.returncode is None, (folder / "node.log").read_text()[-2000:]
            await asyncio.sleep(0.05)
        yield scene


async def _answers(namespace: Namespace, address: str) -> bool:
    with namespace.inside():
        asker = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    with asker:
        asker.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(asker, (address, HTTP_PORT))
        except ConnectionError:
            return False
    return True


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()
