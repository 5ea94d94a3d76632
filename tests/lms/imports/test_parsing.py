"""Reading CSV as offices write it."""

import pytest

from lms.imports.parsing import Column, Sheet, parse

COLUMNS = (
    Column("login", ("tài khoản",), is_required=True),
    Column("name", ("họ và tên",), is_required=True),
    Column("role", ("vai trò",)),
)


def read(text: str | bytes) -> Sheet:
    return parse(text if isinstance(text, bytes) else text.encode(), COLUMNS)


def codes(sheet: Sheet) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.code) for error in sheet.errors]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_delimiters_and_line_endings_are_found_out(delimiter: str, ending: str) -> None:
    sheet = read(ending.join(delimiter.join(row) for row in (("login", "name"), ("an", "Ân"))))
    assert codes(sheet) == []
    assert [(row.line, dict(row.cells)) for row in sheet.rows] == [(2, {"login": "an", "name": "Ân"})]


def test_a_byte_order_mark_and_vietnamese_headers_are_fine() -> None:
    sheet = read("\ufeffTài khoản;Họ và Tên\nan;Ân\n")
    assert dict(sheet.rows[0].cells) == {"login": "an", "name": "Ân"}


def test_decomposed_letters_are_composed() -> None:
    sheet = read("login,name\nan,Nguye\u0302\u0303n   Thi\u0323 A\u0302n \n")
    assert sheet.rows[0].cells["name"] == "Nguyễn Thị Ân"


def test_quoted_cells_may_hold_anything_and_rows_keep_their_line() -> None:
    sheet = read('login,name\n"an","Ân, ""già""\nB"\nbinh,Bình\n')
    assert [(row.line, row.cells["login"]) for row in sheet.rows] == [(2, "an"), (4, "binh")]
    assert sheet.rows[0].cells["name"] == 'Ân, "già" B'


def test_empty_lines_are_nothing() -> None:
    assert [row.line for row in read("login,name\n\nan,Ân\n,\n\nbinh,Bình").rows] == [3, 6]


def test_every_broken_row_is_told_and_the_others_are_read() -> None:
    sheet = read("login,name,role\nan,,x\nbinh,Bình\n,Cúc,y\ndung,Dũng,z\n")
    assert codes(sheet) == [(2, "name", "cell_empty"), (3, "", "cell_count"), (4, "login", "cell_empty")]
    assert [row.cells["login"] for row in sheet.rows] == ["dung"]
    assert sheet.errors[0].message_vi == "Ô này không được để trống."


def test_the_header_must_make_sense() -> None:
    assert codes(read("login,tuổi\nan,5\n")) == [(1, "tuổi", "csv_unknown_column"), (1, "name", "csv_missing_column")]
    assert codes(read("login,name,tài khoản\n")) == [(1, "login", "csv_repeated_column")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", (1, "login", "csv_missing_column")),
        (b"login,name\n", (1, "", "csv_empty")),
        ("login,name\nan,Ân\n".encode("utf-16"), (1, "", "csv_not_utf8")),
        (b"login,name\nan,\xc2n\n", (2, "", "csv_not_utf8")),
        (b'login,name\nan,"open\n', (2, "", "csv_unreadable")),
        (b"login,name\nan,\x00\n", (2, "name", "cell_control")),
    ],
)
def test_unreadable_files_are_told(content: bytes, expected: tuple[int, str, str]) -> None:
    assert codes(read(content))[0] == expected


def test_an_overlong_cell_is_told() -> None:
    assert codes(read("login,name\nan," + "x" * 501)) == [(2, "name", "cell_too_long")]
