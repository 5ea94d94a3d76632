"""The answer to a CSV import: what would change or did, and every broken row by number and column."""

from typing import Literal

from msgspec import Struct


class ImportQuery(Struct, frozen=True, kw_only=True):
    kind: Literal["units", "people"]
    dry_run: Literal["", "0", "1", "false", "true"] = ""

    @property
    def is_dry_run(self) -> bool:
        return self.dry_run in ("1", "true")


class RowError(Struct, frozen=True, kw_only=True):
    row: int
    column: str
    code: str
    message_vi: str
    message_en: str


class ImportReport(Struct, frozen=True, kw_only=True):
    """`row` counts lines of the file from 1 and the header is line 1. With any error nothing is written."""

    rows: int
    created: int
    updated: int
    unchanged: int
    is_dry_run: bool
    errors: list[RowError]
