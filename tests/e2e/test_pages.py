"""Every page in both languages, at a desk and on a phone: complete, accessible, quiet, nothing loaded from outside.

Pictures of the pages are left in the folder `screens` of pytest's temporary folder, or in $LOPHOP_SCREENSHOTS.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.support.browser import FLAGS, SLOW_MACHINE_MS
from tests.support.program import ROOT
from tests.support.site import PASSWORD, Site, a_site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]
expect.set_options(timeout=SLOW_MACHINE_MS)

DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
AXE = (ROOT / "web_client/node_modules/axe-core/axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NAMES = {
    "vi": {"login": "Tên đăng nhập", "password": "Mật khẩu", "enter": "Đăng nhập"},
    "en": {"login": "Login name", "password": "Password", "enter": "Log in"},
}


@dataclass(frozen=True)
class Shown:
    """A page, who looks at it, and its heading in both languages (None where the heading is data)."""

    name: str
    login: str
    path: str
    vi: str | None = None
    en: str | None = None


PAGES = [
    Shown("login", "", "/", "Đăng nhập", "Log in"),
    Shown("setup", "", "/setup#some-token", "Thiết lập lần đầu", "First set-up"),
    Shown("setup-without-token", "", "/setup", "Thiết lập lần đầu", "First set-up"),
    Shown("today", "dung", "/", "Hôm nay", "Today"),
    Shown("today-with-nothing", "gv30", "/", "Hôm nay", "Today"),
    Shown("course", "dung", "/courses/{course}"),
    Shown("session-over", "dung", "/sessions/{held}"),
    Shown("session-live", "binh", "/sessions/{running}"),
    Shown("session-to-come", "dung", "/sessions/{coming}"),
    Shown("library", "dung", "/library", "Thư viện", "Library"),
    Shown("attendance", "binh", "/sessions/{held}/attendance", "Điểm danh", "Attendance"),
    Shown("attendance-live", "binh", "/sessions/{running}/attendance", "Điểm danh", "Attendance"),
    Shown("no-such-page", "dung", "/nowhere", "Không có trang này", "No such page"),
    Shown("admin-courses", "giang", "/admin/courses", "Khoá học", "Courses"),
    Shown("admin-schedule", "giang", "/admin/courses/{course}"),
    Shown("admin-enrolment", "giang", "/admin/courses/{course}?tab=enrolment"),
    Shown("admin-completion", "giang", "/admin/courses/{course}?tab=completion"),
    Shown("admin-details", "giang", "/admin/courses/{course}?tab=details"),
    Shown("admin-live", "giang", "/admin/live", "Đang diễn ra", "Live now"),
    Shown("admin-units", "giang", "/admin/units", "Đơn vị", "Units"),
    Shown("admin-people", "giang", "/admin/people", "Người dùng", "People"),
    Shown("admin-import", "giang", "/admin/import", "Nhập từ CSV", "CSV import"),
]


@dataclass
class Visitor:
    """One person's tab in one language, and what it complained of."""

    page: Page
    locale: str
    complaints: list[str] = field(default_factory=list)

    def listen(self, site: Site) -> None:
        def on_console(message: ConsoleMessage) -> None:
            # asking who one is before logging in is answered by 401, which the browser itself reports
            if message.type == "error" and not message.location["url"].endswith("/api/v1/me"):
                self.complaints.append(f"console: {message.text}")

        def on_request(request: Any) -> None:
            if not request.url.startswith((site.url, "data:", "blob:")):
                self.complaints.append(f"outside: {request.url}")

        self.page.on("console", on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", on_request)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with a_site(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", headless=True, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def visitors(site: Site, browser: Browser) -> Iterator["Visitors"]:
    yield Visitors(site, browser)


class Visitors:
    """Tabs by person and language, logged in once and used again."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self._site, self._browser = site, browser
        self._known: dict[tuple[str, str], Visitor] = {}

    def get(self, login: str, locale: str) -> Visitor:
        if (login, locale) not in self._known:
            self._known[login, locale] = self._enter(login, locale)
        visitor = self._known[login, locale]
        if login:
            # one account serves both languages here
            visitor.page.request.patch("/api/v1/me", data={"locale": locale}, headers={"X-Lophop": "1"})
        visitor.complaints.clear()
        return visitor

    def _enter(self, login: str, locale: str) -> Visitor:
        context = self._browser.new_context(
            base_url=self._site.url, locale=locale, timezone_id="Europe/Paris", reduced_motion="reduce"
        )
        context.add_init_script(
            f"localStorage.setItem('lophop.locale', localStorage.getItem('lophop.locale') ?? '{locale}')"
        )
        visitor = Visitor(context.new_page(), locale)
        visitor.listen(self._site)
        if login:
            log_in(visitor.page, login, locale)
        return visitor


def log_in(page: Page, login: str, locale: str) -> None:
    names = NAMES[locale]
    page.goto("/")
    page.get_by_label(names["login"]).fill(login)
    page.get_by_label(names["password"], exact=True).fill(PASSWORD)
    page.get_by_role("button", name=names["enter"]).click()
    page.locator("#content h1").wait_for()


@pytest.fixture(scope="session")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wish = os.environ.get("LOPHOP_SCREENSHOTS")
    folder = Path(wish) if wish else tmp_path_factory.mktemp("screens")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def fresh(browser: Browser, site: Site) -> Iterator[Page]:
    """A tab of somebody who was never here."""
    context = browser.new_context(base_url=site.url)
    yield context.new_page()
    context.close()


def settle(page: Page) -> None:
    """Until the heading stands and nothing is being loaded."""
    page.locator("h1").wait_for()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def violations(page: Page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]
    ]


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_page_is_complete_accessible_and_quiet(
    shown: Shown, locale: str, site: Site, visitors: Visitors, screens: Path
) -> None:
    visitor = visitors.get(shown.login, locale)
    page = visitor.page
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.goto(shown.path.format(course=site.course_id, **site.sessions))
    settle(page)
    heading = page.locator("h1")
    assert heading.count() == 1
    expected = shown.vi if locale == "vi" else shown.en
    assert expected is None or heading.inner_text() == expected
    assert page.title() == f"{heading.inner_text()} · Lophop"
    assert page.locator("html").get_attribute("lang") == locale
    for size, name in ((DESK, "desk"), (PHONE, "phone")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        # the layouts are the same in both languages: the desk is judged once
        assert (locale == "en" and name == "desk") or violations(page) == []
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0, "scrolls sideways"
        page.screenshot(path=screens / f"{shown.name}-{locale}-{name}.png", full_page=True)
    assert visitor.complaints == []


def test_wrong_password_is_said_and_the_name_is_kept(site: Site, browser: Browser) -> None:
    with fresh(browser, site) as page:
        page.goto("/")
        page.get_by_label("Tên đăng nhập").fill("dung")
        page.get_by_label("Mật khẩu", exact=True).fill("sai-mat-khau")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        assert page.get_by_label("Tên đăng nhập").input_value() == "dung"
        assert page.get_by_role("alert").inner_text() != ""
        assert violations(page) == []


def test_keyboard_alone_reaches_the_content_and_a_session(site: Site, visitors: Visitors) -> None:
    page = visitors.get("dung", "vi").page
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.goto("/")
    settle(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Tới nội dung chính")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_focus_and_title_follow_a_change_of_page(site: Site, visitors: Visitors) -> None:
    page = visitors.get("dung", "vi").page
    page.goto("/")
    settle(page)
    page.get_by_role("link", name="Thư viện").click()
    page.get_by_role("heading", level=1, name="Thư viện").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert page.title() == "Thư viện · Lophop"


def test_language_is_kept_by_the_account(site: Site, browser: Browser) -> None:
    with fresh(browser, site) as page:
        log_in(page, "gv31", "vi")
        page.get_by_role("button", name="English").click()
        page.get_by_role("heading", level=1, name="Today").wait_for()
    with fresh(browser, site) as page:
        log_in(page, "gv31", "vi")
        page.get_by_role("heading", level=1, name="Today").wait_for()
        assert page.locator("html").get_attribute("lang") == "en"


def test_language_chosen_before_login_is_learned_by_the_account(site: Site, browser: Browser) -> None:
    with fresh(browser, site) as page:
        page.goto("/")
        page.get_by_role("button", name="English").click()
        page.get_by_label("Login name").fill("gv32")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        with page.expect_response(lambda answer: answer.request.method == "PATCH" and answer.ok):
            page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", level=1, name="Today").wait_for()
    with fresh(browser, site) as page:
        log_in(page, "gv32", "vi")
        page.get_by_role("heading", level=1, name="Today").wait_for()


@pytest.mark.parametrize("path", ["/sessions/nowhere", "/sessions/nowhere/replay", "/sessions/nowhere/room"])
def test_what_is_not_there_leads_back_to_today(path: str, site: Site, visitors: Visitors) -> None:
    page = visitors.get("dung", "vi").page
    page.goto(path)
    page.get_by_role("alert").get_by_role("link", name="Về trang hôm nay").click()
    page.get_by_role("heading", level=1, name="Hôm nay").wait_for()


def test_replay_card_appears_by_itself(site: Site, visitors: Visitors) -> None:
    """The state of a session changes on the open page, without a reload."""
    page = visitors.get("dung", "vi").page
    page.goto(f"/sessions/{site.sessions['held']}")
    settle(page)
    page.locator("[data-replay=ready]").wait_for()
    bar = page.get_by_test_id("coverage").first
    assert 60 <= float(bar.get_attribute("data-percent") or 0) <= 75


def test_dialogs_are_accessible_and_give_the_focus_back(site: Site, visitors: Visitors) -> None:
    page = visitors.get("giang", "vi").page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/admin/people")
    settle(page)
    opener = page.get_by_role("button", name="Thêm người")
    opener.click()
    page.get_by_role("dialog").get_by_label("Họ và tên").wait_for()
    page.get_by_role("button", name="Thêm vai trò").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    expect(opener).to_be_focused()
