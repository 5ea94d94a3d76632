"""The attendance table as CSV that a spreadsheet opens with the right letters (UTF-8 with BOM, semicolons)."""

import csv
import io

from aiohttp import web

from lms.attendance.schemas import AttendanceRow, AttendanceTable

BOM = "\ufeff"
_HEADERS = {
    "vi": ("Tài khoản", "Họ và tên", "Đơn vị", "Ghi danh", "Vào lúc", "Rời lúc", "Trực tiếp (giây)",
           "Xem lại (giây)", "Còn thiếu (giây)", "Tỉ lệ (%)"),
    "en": ("Login", "Name", "Unit", "Enrolled", "Joined at", "Left at", "Live (s)", "Replay (s)",
           "Missing (s)", "Coverage (%)"),
}  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def render(table: AttendanceTable, locale: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(_HEADERS.get(locale, _HEADERS["vi"]))
    for row in table.rows:
        writer.writerow([_safe(cell) for cell in _cells(row)])
    return BOM + out.getvalue()


def _cells(row: AttendanceRow) -> list[str]:
    return [
        row.person.login,
        row.person.name,
        row.person.unit_name,
        "1" if row.is_enrolled else "0",
        row.joined_at.isoformat() if row.joined_at else "",
        row.left_at.isoformat() if row.left_at else "",
        _seconds(row.live),
        _seconds(row.replay),
        _seconds(row.missing),
        f"{row.coverage_percent:.1f}",
    ]


def _seconds(intervals: list[tuple[float, float]]) -> str:
    return f"{sum(end - start for start, end in intervals):.1f}"


def _safe(cell: str) -> str:
    """A name that starts like a formula must stay text when the file is opened."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def response(table: AttendanceTable, locale: str) -> web.Response:
    return web.Response(
        text=render(table, locale),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="attendance-{table.session_id}.csv"',
            "Cache-Control": "no-store",
        },
    )
