"""The attendance table as a file."""

from lms.accounts.schemas import PersonLink
from lms.attendance.schemas import AttendanceRow, AttendanceTable
from lms.attendance.sheet import BOM, render
from tests.support.lms import START


def a_table(name: str) -> AttendanceTable:
    row = AttendanceRow(
        person=PersonLink(id="p", login="hoa", name=name, unit_name="THCS; Nguyễn Du"),
        is_enrolled=True,
        joined_at=START,
        left_at=None,
        live=[(0, 10.5), (20, 30)],
        replay=[],
        missing=[(10.5, 20)],
        coverage_percent=68.3,
        is_connected=True,
        is_receiving=True,
    )
    return AttendanceTable(session_id="s", zero_at=START, duration_s=30, required=[(0, 30)], rows=[row])


def test_it_opens_with_the_right_letters_and_columns() -> None:
    header, line, end = render(a_table("Nguyễn Thị Hoa"), "vi").split("\r\n")
    assert header.startswith(BOM + "Tài khoản;Họ và tên;Đơn vị")
    assert line == 'hoa;Nguyễn Thị Hoa;"THCS; Nguyễn Du";1;2026-09-01T07:00:00+00:00;;20.5;0.0;9.5;68.3'
    assert end == ""


def test_it_speaks_the_readers_language() -> None:
    assert render(a_table("x"), "en").startswith(BOM + "Login;Name;Unit")
    assert render(a_table("x"), "fr").startswith(BOM + "Tài khoản")


def test_a_name_is_never_a_formula() -> None:
    for name in ("=1+1", "+1", "-1", "@SUM(A1)"):
        assert f";'{name};" in render(a_table(name), "vi")
