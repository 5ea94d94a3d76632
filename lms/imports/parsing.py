"""CSV as offices write it: UTF-8 with or without BOM, comma, semicolon or tab, headers in Vietnamese or English. Pure.

Every fault is told by line and column; nothing is guessed and no row is dropped silently.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lms.imports.schemas import RowError
from lms.messages import message
from lms.text import fold, tidy

ROWS_LIMIT = 50_000
CELL_LIMIT = 500
_DELIMITERS = (";", ",", "\t")


class Reader(Protocol):
    """What is used of the standard library's reader, whose own type has no public name."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    synonyms: tuple[str, ...]
    is_required: bool = False

    def is_called(self, header: str) -> bool:
        return fold(header).replace("_", " ") in {fold(each) for each in (self.name, *self.synonyms)}


@dataclass(frozen=True, slots=True)
class Row:
    """`line` as an editor counts it (the header is line 1); `cells` by column name, tidied."""

    line: int
    cells: Mapping[str, str]


@dataclass(slots=True)
class Sheet:
    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def fault(line: int, column: str, code: str, **data: object) -> RowError:
    vietnamese, english = message(code, data)
    return RowError(row=line, column=column, code=code, message_vi=vietnamese, message_en=english)


def parse(content: bytes, columns: Sequence[Column]) -> Sheet:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Sheet(errors=[fault(line, "", "csv_not_utf8")])
    header, _, _ = text.partition("\n")
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    sheet = Sheet()
    try:
        names = _header(next(reader, []), columns, sheet)
        if not sheet.errors:
            _read_rows(reader, names, columns, sheet)
    except csv.Error:
        sheet.errors.append(fault(reader.line_num, "", "csv_unreadable"))
    if not sheet.errors and not sheet.rows:
        sheet.errors.append(fault(1, "", "csv_empty"))
    return sheet


def _header(cells: Sequence[str], columns: Sequence[Column], sheet: Sheet) -> list[str]:
    names: list[str] = []
    for cell in cells:
        found = next((column.name for column in columns if column.is_called(cell)), None)
        if found is None:
            sheet.errors.append(fault(1, cell.strip()[:40], "csv_unknown_column", name=cell.strip()[:40]))
        elif found in names:
            sheet.errors.append(fault(1, found, "csv_repeated_column", name=cell.strip()[:40]))
        else:
            names.append(found)
    for column in columns:
        if column.is_required and column.name not in names:
            sheet.errors.append(fault(1, column.name, "csv_missing_column", name=column.name))
    return names


def _read_rows(reader: Reader, names: Sequence[str], columns: Sequence[Column], sheet: Sheet) -> None:
    required = [column.name for column in columns if column.is_required]
    last_line = reader.line_num
    for cells in reader:
        # a quoted cell may hold line breaks: a row is named by its first line
        line, last_line = last_line + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(sheet.rows) >= ROWS_LIMIT:
            sheet.errors.append(fault(line, "", "csv_too_many_rows", limit=ROWS_LIMIT))
            return
        if len(cells) != len(names):
            sheet.errors.append(fault(line, "", "cell_count"))
            continue
        row = Row(line, {name: tidy(cell) for name, cell in zip(names, cells, strict=True)})
        faults = _cell_faults(row, required)
        sheet.errors.extend(faults)
        if not faults:
            sheet.rows.append(row)


def _cell_faults(row: Row, required: Sequence[str]) -> list[RowError]:
    empty = [fault(row.line, name, "cell_empty") for name in required if not row.cells.get(name)]
    long = [fault(row.line, name, "cell_too_long") for name, cell in row.cells.items() if len(cell) > CELL_LIMIT]
    odd = [fault(row.line, name, "cell_control") for name, cell in row.cells.items() if not cell.isprintable()]
    return empty + long + odd
