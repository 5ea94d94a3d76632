"""One administrator's morning in Chromium: staff imported, a course made, a session scheduled, a unit enrolled; then a
trainee finds the session on the page for today."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.browser import FLAGS, SLOW_MACHINE_MS
from tests.support.site import PASSWORD, Site, a_site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]
expect.set_options(timeout=SLOW_MACHINE_MS)

BROKEN = "login,name,unit,role,password\nlan.tt,Trần Thị Lan,thcs-nguyendu,,mat-khau-lan\nmai,Lê Mai,khong-co,,\n"
MENDED = BROKEN.replace("khong-co", "thcs-nguyendu")
COURSE = "Tập huấn học bạ số"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with a_site(tmp_path_factory.mktemp("site"), has_history=False) as made:
        yield made


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", headless=True, args=FLAGS)
        yield chromium
        chromium.close()


def entered(browser: Browser, site: Site, login: str, password: str) -> Page:
    context = browser.new_context(base_url=site.url, viewport={"width": 1366, "height": 900})
    context.set_default_timeout(SLOW_MACHINE_MS)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Tên đăng nhập").fill(login)
    page.get_by_label("Mật khẩu", exact=True).fill(password)
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("heading", level=1, name="Hôm nay").wait_for()
    return page


def test_a_course_goes_from_the_import_to_the_trainee(site: Site, browser: Browser, tmp_path: Path) -> None:
    giang = entered(browser, site, "giang", PASSWORD)
    import_people(giang, tmp_path)
    make_course(giang)
    schedule_session(giang)
    enrol_unit(giang)
    lan = entered(browser, site, "lan.tt", "mat-khau-lan")
    expect(lan.get_by_role("heading", level=3, name="Buổi mở đầu")).to_be_visible()
    lan.get_by_role("link", name=COURSE).first.click()
    lan.get_by_role("heading", level=1, name=COURSE).wait_for()
    expect(lan.get_by_role("main")).to_contain_text("75")


def import_people(page: Page, folder: Path) -> None:
    page.get_by_role("link", name="Quản trị", exact=True).click()
    page.get_by_role("link", name="Nhập từ CSV").click()
    report = page.get_by_role("region", name="Kết quả kiểm tra thử")
    for text, verdict in ((BROKEN, "Chưa nhập được"), (MENDED, "Hợp lệ")):
        file = folder / "staff.csv"
        file.write_text(text, "utf-8")
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name="Kiểm tra thử").click()
        expect(report).to_contain_text(verdict)
        if text is BROKEN:
            expect(report.get_by_role("row").nth(1)).to_contain_text("3")
            expect(page.get_by_role("button", name="Nhập thật")).to_be_disabled()
    page.get_by_role("button", name="Nhập thật").click()
    expect(page.get_by_role("region", name="Kết quả nhập")).to_contain_text("Đã ghi vào hệ thống.")


def make_course(page: Page) -> None:
    page.get_by_role("link", name="Khoá học", exact=True).click()
    page.get_by_role("button", name="Tạo khoá học").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Tên khoá học").fill(COURSE)
    choose(page, "Đơn vị tổ chức", "lam dong")
    dialog.get_by_label("Độ phủ cần đạt").fill("75")
    dialog.get_by_role("button", name="Tạo khoá học").click()
    page.get_by_role("heading", level=1, name=COURSE).wait_for()


def choose(page: Page, label: str, typed: str) -> None:
    """Narrows a list by typing, without marks, and takes the first that is left."""
    page.get_by_role("textbox", name=label).or_(page.get_by_role("combobox", name=label)).first.fill(typed)
    option = page.get_by_role("option")
    expect(option).to_have_count(1)
    option.click()


def schedule_session(page: Page) -> None:
    start = datetime.now(UTC).astimezone(timezone(timedelta(hours=7))) + timedelta(minutes=20)
    page.get_by_role("button", name="Xếp lịch buổi mới").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Lưu buổi").click()
    expect(dialog).to_contain_text("Hãy nhập tên buổi.")
    dialog.get_by_label("Tên buổi").fill("Buổi mở đầu")
    dialog.get_by_label("Ngày").fill(f"{start:%d/%m/%Y}")
    dialog.get_by_label("Bắt đầu").fill(f"{start:%H:%M}")
    dialog.get_by_label("Kết thúc").fill(f"{start + timedelta(hours=1):%H:%M}")
    choose(page, "Người chủ trì", "le thanh binh")
    dialog.get_by_role("button", name="Lưu buổi").click()
    expect(page.get_by_role("link", name="Buổi mở đầu")).to_be_visible()


def enrol_unit(page: Page) -> None:
    page.get_by_role("tab", name="Ghi danh").click()
    choose(page, "Cả đơn vị", "nguyen du")
    page.get_by_role("button", name="Ghi danh cả đơn vị").click()
    expect(page.get_by_text("Đã ghi danh thêm")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Trần Thị Lan")).to_be_visible()
