"""Real Chromium for tests: a fresh browser, logged in as a person, with media that tells the session second."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.support.clock_media import JAVASCRIPT
from tests.support.program import Program

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream=fps=10",
    "--allow-loopback-in-peer-connection",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
]
SLOW_MACHINE_MS = 30_000
"""How long to wait for something to appear: far above what it takes, two cores may carry eight tabs."""


@asynccontextmanager
async def a_browser(gid: int | None = None, folder: Path | None = None) -> AsyncIterator[Browser]:
    """Chromium; with `gid` all its sockets belong to that group, so that its line can be cut (see line.py)."""
    path = "/usr/bin/chromium"
    if gid is not None:
        assert folder is not None
        wrapper = folder / f"chromium-{gid}"
        wrapper.write_text(f'#!/bin/sh\nexec setpriv --regid {gid} --clear-groups /usr/bin/chromium "$@"\n')
        wrapper.chmod(0o755)
        path = str(wrapper)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def log_in(browser: Browser, program: Program, login: str, password: str, **context: Any) -> Page:
    """A page of its own context, logged in through the form, on the page for today."""
    options: dict[str, Any] = {"locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh"} | context
    made: BrowserContext = await browser.new_context(base_url=program.url, **options)
    made.set_default_timeout(SLOW_MACHINE_MS)
    await made.add_init_script(JAVASCRIPT)
    page = await made.new_page()
    await page.goto("/")
    await page.get_by_label("Tên đăng nhập").fill(login)
    await page.get_by_label("Mật khẩu", exact=True).fill(password)
    await page.get_by_role("button", name="Đăng nhập").click()
    # The form goes away when the answer is there; leaving before would abort the request.
    await page.get_by_label("Mật khẩu", exact=True).wait_for(state="detached")
    return page
