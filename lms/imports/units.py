"""Units from CSV: `code, name, parent, kind`. Parents may stand anywhere in the file.

A row without parent hangs under the importing administrator's own unit, unless it is that unit.
"""

import re
from dataclasses import dataclass, field

from lms.actor import Actor, Role
from lms.db.uow import UnitOfWork
from lms.errors import DomainError
from lms.imports.parsing import Column, Row, Sheet, fault
from lms.organisation.models import Unit
from lms.organisation.repository import Units
from lms.organisation.service import move, plant

COLUMNS = (
    Column("code", ("unit_code", "mã", "mã đơn vị"), is_required=True),
    Column("name", ("unit_name", "tên", "tên đơn vị"), is_required=True),
    Column("parent", ("parent_code", "mã cấp trên", "cấp trên", "đơn vị cấp trên", "trực thuộc")),
    Column("kind", ("type", "loại", "loại đơn vị", "loại hình")),
)
_CODE = re.compile(r"^[A-Za-z0-9._-]{1,40}$")
_LENGTHS = {"name": 200, "kind": 40}


@dataclass(slots=True)
class Tally:
    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class UnitImport:
    uow: UnitOfWork
    actor: Actor
    sheet: Sheet
    home: Unit
    known: dict[str, Unit] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    async def run(self) -> Tally:
        self.known = await Units(self.uow).by_code()
        rows = self._checked_rows()
        for row in self._parents_first(rows):
            try:
                await self._apply(row)
            except DomainError as error:
                self._fail(row, "parent", error.code)
        await self.uow.flush()
        return self.tally

    def _fail(self, row: Row, column: str, code: str, **data: object) -> None:
        self.sheet.errors.append(fault(row.line, column, code, **data))

    def _checked_rows(self) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        for row in self.sheet.rows:
            code = row.cells["code"]
            if not _CODE.match(code):
                self._fail(row, "code", "bad_code")
            elif code in rows:
                self._fail(row, "code", "repeated_code", first=rows[code].line)
            else:
                rows[code] = row
            for name, longest in _LENGTHS.items():
                if len(row.cells.get(name, "")) > longest:
                    self._fail(row, name, "cell_too_long")
        return rows

    def _parents_first(self, rows: dict[str, Row]) -> list[Row]:
        """Rows in an order in which every parent exists; circles and unknown parents are told and left out."""
        ordered: list[Row] = []
        done: set[str] = set()
        for code in rows:
            chain: list[str] = []
            while code in rows and code not in done and code not in chain:
                chain.append(code)
                code = rows[code].cells.get("parent", "")
            done.update(chain)
            if code in chain:
                self._fail(rows[code], "parent", "unit_cycle")
                continue
            ordered.extend(rows[each] for each in reversed(chain))
        return ordered

    async def _apply(self, row: Row) -> None:
        code, name, kind = row.cells["code"], row.cells["name"], row.cells.get("kind", "")
        unit = self.known.get(code)
        if unit is not None and not self.actor.administers(unit.path):
            return self._fail(row, "code", "unit_out_of_reach", value=code)
        parent = self._parent_of(row, unit)
        if parent is None:
            return None
        if unit is None:
            self.known[code] = unit = plant(code, name, kind, parent)
            Units(self.uow).add(unit)
            await self.uow.flush()
            self.tally.created += 1
            return None
        await self._change(unit, row, parent)
        return None

    def _parent_of(self, row: Row, unit: Unit | None) -> Unit | None:
        """The parent wanted; None, with the fault told, when there is none to be had."""
        wanted = row.cells.get("parent", "")
        if not wanted:
            is_own_top = unit is not None and (unit.parent_id is None or unit.id == self.home.id)
            stays = unit is not None and "parent" not in row.cells
            return unit if is_own_top or stays else self.home
        parent = self.known.get(wanted)
        if parent is None:
            # a parent whose own row is broken has been told there already
            if not any(other.cells["code"] == wanted for other in self.sheet.rows):
                self._fail(row, "parent", "unknown_unit", value=wanted[:40])
        elif not self.actor.administers(parent.path) and (unit is None or unit.parent_id != parent.id):
            self._fail(row, "parent", "unit_out_of_reach", value=wanted)
            return None
        return parent

    async def _change(self, unit: Unit, row: Row, parent: Unit) -> None:
        before = (unit.name, unit.kind, unit.parent_id)
        unit.name = row.cells["name"]
        if "kind" in row.cells:
            unit.kind = row.cells["kind"]
        if parent is not unit and unit.parent_id != parent.id:
            await move(self.uow, unit, parent)
            await self.uow.flush()
        if (unit.name, unit.kind, unit.parent_id) == before:
            self.tally.unchanged += 1
        else:
            self.tally.updated += 1


def widest_home(units: list[Unit], actor: Actor) -> Unit | None:
    """The highest unit the actor administers."""
    paths = actor.paths(Role.ADMINISTRATOR)
    tops = sorted((unit for unit in units if unit.path in paths), key=lambda unit: (unit.depth, unit.code))
    own = [unit for unit in tops if unit.id == actor.unit_id]
    return next(iter((*own, *tops)), None)
