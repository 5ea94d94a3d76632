"""All SQL of units. It knows no other noun: what hangs on a unit is kept by foreign keys."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, false, or_, select, text

from lms.db.uow import UnitOfWork
from lms.errors import NotFound
from lms.ids import UnitId
from lms.organisation.models import Unit


def within(paths: Iterable[str]) -> ColumnElement[bool]:
    """Units inside any of these subtrees."""
    return or_(false(), *(Unit.path.startswith(path, autoescape=True) for path in paths))


class Units:
    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    async def get(self, unit_id: str) -> Unit:
        unit = await self._session.get(Unit, unit_id)
        if unit is None:
            raise NotFound("unit_not_found")
        return unit

    async def root(self) -> Unit | None:
        return await self._session.scalar(select(Unit).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1))

    async def with_code(self, code: str) -> Unit | None:
        return await self._session.scalar(select(Unit).where(Unit.code == code))

    async def by_code(self) -> dict[str, Unit]:
        return {unit.code: unit for unit in await self._session.scalars(select(Unit))}

    async def inside(self, paths: Iterable[str]) -> Sequence[Unit]:
        """Depth-first, siblings by code."""
        units = list(await self._session.scalars(select(Unit).where(within(paths))))
        sort_keys: dict[UnitId, tuple[str, ...]] = {}
        for unit in sorted(units, key=lambda unit: unit.path.count("/")):
            above = sort_keys.get(unit.parent_id, ()) if unit.parent_id else ()
            sort_keys[unit.id] = (*above, unit.code)
        return sorted(units, key=lambda unit: sort_keys[unit.id])

    async def has_children(self, unit_id: UnitId) -> bool:
        return await self._session.scalar(select(Unit.id).where(Unit.parent_id == unit_id).limit(1)) is not None

    async def is_referenced(self, unit: Unit) -> bool:
        """Whether any row of any table points at the unit, read off the schema so that no noun is forgotten."""
        for table in Unit.metadata.sorted_tables:
            for key in table.foreign_keys:
                if key.column.table is not Unit.__table__:
                    continue
                column = table.c[key.parent.name]
                query = select(text("1")).select_from(table).where(column == unit.id).limit(1)
                if await self._session.scalar(query) is not None:
                    return True
        return False

    def add(self, unit: Unit) -> None:
        self._session.add(unit)

    async def remove(self, unit: Unit) -> None:
        await self._session.delete(unit)
