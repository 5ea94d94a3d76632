"""CSV imports over HTTP."""

from typing import Any

from aiohttp import FormData

from lms.actor import Role
from tests.support.lms import Browser, Lms

UNITS = """\
mã đơn vị;tên đơn vị;cấp trên;loại
nguyendu;THCS Nguyễn Du;dalat;school
dalat;Phòng GDĐT Đà Lạt;;office
"""

PEOPLE = """\
login,name,unit,role,password
cuc,Nguyễn Thị Cúc,dalat,teacher,mat-khau-dai
Em,Đỗ Thị Em,dalat,học viên,
"""


async def admin_of(lms: Lms) -> Browser:
    await lms.unit("so")
    return await lms.person("giang", "so", Role.ADMINISTRATOR)


async def send(browser: Browser, kind: str, text: str, *, dry_run: bool = False) -> Any:
    return await browser.post(f"/imports?kind={kind}" + ("&dry_run=1" if dry_run else ""), data=text.encode())


def counts(report: Any) -> tuple[int, int, int, int]:
    return report["rows"], report["created"], report["updated"], report["unchanged"]


def codes(report: Any) -> list[tuple[int, str, str]]:
    return [(error["row"], error["column"], error["code"]) for error in report["errors"]]


async def test_units_come_in_any_order_and_again_change_nothing(lms: Lms) -> None:
    giang = await admin_of(lms)
    assert counts(await send(giang, "units", UNITS)) == (2, 2, 0, 0)
    tree = [(unit["code"], unit["depth"]) for unit in (await giang.get("/units"))["items"]]
    assert tree == [("so", 0), ("dalat", 1), ("nguyendu", 2)]
    assert counts(await send(giang, "units", UNITS)) == (2, 0, 0, 2)


async def test_units_are_renamed_and_moved(lms: Lms) -> None:
    giang = await admin_of(lms)
    await send(giang, "units", UNITS)
    report = await send(giang, "units", "code,name,parent\nnguyendu,THCS Nguyễn Du 2,so\n")
    assert counts(report) == (1, 0, 1, 0)
    moved = next(unit for unit in (await giang.get("/units"))["items"] if unit["code"] == "nguyendu")
    assert (moved["name"], moved["depth"], moved["kind"]) == ("THCS Nguyễn Du 2", 1, "school")


async def test_broken_unit_rows_are_told_and_nothing_is_kept(lms: Lms) -> None:
    giang = await admin_of(lms)
    broken = "code,name,parent\ngood,Tốt,\nsố 1,Sai,\ngood,Lặp,\na,A,b\nb,B,a\nc,C,đâu\n"
    report = await send(giang, "units", broken)
    assert codes(report) == [
        (3, "code", "bad_code"),
        (4, "code", "repeated_code"),
        (5, "parent", "unit_cycle"),
        (7, "parent", "unknown_unit"),
    ]
    assert report["errors"][3]["message_vi"] == "Không có đơn vị mang mã «đâu»."
    assert report["errors"][3]["message_en"] == "No unit has the code “đâu”."
    assert [unit["code"] for unit in (await giang.get("/units"))["items"]] == ["so"]


async def test_a_unit_cannot_be_put_below_itself(lms: Lms) -> None:
    giang = await admin_of(lms)
    await send(giang, "units", UNITS)
    report = await send(giang, "units", "code,name,parent\ndalat,Đà Lạt,nguyendu\n")
    assert codes(report) == [(2, "parent", "unit_under_itself")]


async def test_people_come_in_and_again_change_nothing(lms: Lms) -> None:
    giang = await admin_of(lms)
    await send(giang, "units", UNITS)
    assert counts(await send(giang, "people", PEOPLE)) == (2, 2, 0, 0)
    assert counts(await send(giang, "people", PEOPLE)) == (2, 0, 0, 2)
    page = await giang.get("/people?query=thi")
    assert {person["login"]: person["has_password"] for person in page["items"]} == {"cuc": True, "em": False}
    answer = await lms.stranger.ask("POST", "/auth/login", json={"login": "cuc", "password": "mat-khau-dai"})
    assert [role["role"] for role in answer.json["roles"]] == ["teacher"]


async def test_a_dry_run_says_the_same_and_keeps_nothing(lms: Lms) -> None:
    giang = await admin_of(lms)
    await send(giang, "units", UNITS)
    report = await send(giang, "people", PEOPLE, dry_run=True)
    assert counts(report) == (2, 2, 0, 0)
    assert report["is_dry_run"] is True
    assert (await giang.get("/people?query=cuc"))["total"] == 0


async def test_one_broken_row_keeps_all_out_and_every_fault_is_told(lms: Lms) -> None:
    giang = await admin_of(lms)
    broken = PEOPLE + "sai tên,X,nơi-khác,vua,ngắn\ncuc,Lặp,dalat,,\n"
    await send(giang, "units", UNITS)
    report = await send(giang, "people", broken)
    assert codes(report) == [
        (4, "login", "bad_login"),
        (4, "password", "password_too_short"),
        (4, "role", "bad_role"),
        (4, "unit", "unknown_unit"),
        (5, "login", "repeated_login"),
    ]
    assert all(error["message_vi"] and error["message_en"] for error in report["errors"])
    assert (await giang.get("/people?query=cuc"))["total"] == 0


async def test_an_import_never_reaches_beyond_the_administrators_units(lms: Lms) -> None:
    giang = await admin_of(lms)
    await send(giang, "units", UNITS)
    an = await lms.person("an", "dalat", Role.ADMINISTRATOR)
    report = await send(an, "people", "login,name,unit\ngiang,Kẻ khác,dalat\nx,X,so\n")
    assert codes(report) == [(2, "login", "person_out_of_reach"), (3, "unit", "unit_out_of_reach")]
    report = await send(an, "units", "code,name,parent\nso,Chiếm,\nmoi,Mới,so\n")
    assert codes(report) == [(2, "code", "unit_out_of_reach"), (3, "parent", "unit_out_of_reach")]
    assert counts(await send(an, "units", "code,name\ndalat,Đà Lạt\nto,Tổ\n")) == (2, 1, 1, 0)
    assert [unit["code"] for unit in (await an.get("/units"))["items"]] == ["dalat", "nguyendu", "to"]


async def test_a_form_with_a_file_is_taken_too(lms: Lms) -> None:
    giang = await admin_of(lms)
    form = FormData()
    form.add_field("note", "x")
    form.add_field("file", UNITS.encode(), filename="units.csv", content_type="text/csv")
    assert counts(await giang.post("/imports?kind=units", data=form)) == (2, 2, 0, 0)
    empty = FormData({"note": "x", "other": "y"}, default_to_multipart=True)
    answer = await giang.ask("POST", "/imports?kind=units", data=empty)
    assert (answer.status, answer.code) == (400, "file_field_missing")


async def test_only_administrators_import(lms: Lms) -> None:
    await admin_of(lms)
    official = await lms.person("hung", "so", Role.OFFICIAL)
    answer = await official.ask("POST", "/imports?kind=people", data=b"x")
    assert (answer.status, answer.code) == (403, "not_administrator_here")
    assert (await official.ask("POST", "/imports?kind=cats", data=b"x")).status == 422
