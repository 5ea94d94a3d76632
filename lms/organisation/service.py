"""Use cases of the unit tree."""

from msgspec import UNSET

from lms.actor import Actor, Role
from lms.db.uow import UnitOfWork
from lms.errors import Conflict, Invalid
from lms.ids import UnitId, new_id
from lms.organisation.models import Unit
from lms.organisation.repository import Units
from lms.organisation.rules import MAX_DEPTH, child_path, depth, is_within, moved_path, root_path
from lms.organisation.schemas import NewUnit, UnitChange, UnitList, UnitView
from lms.text import tidy


def unit_view(unit: Unit, actor: Actor) -> UnitView:
    return UnitView(
        id=unit.id,
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        parent_id=unit.parent_id,
        depth=unit.depth,
        may_administer=actor.administers(unit.path),
    )


async def list_units(uow: UnitOfWork, actor: Actor) -> UnitList:
    """Managers see their subtrees; everybody sees the unit they belong to."""
    own = await Units(uow).get(actor.unit_id)
    visible = {*actor.paths(Role.ADMINISTRATOR, Role.OFFICIAL)}
    units = list(await Units(uow).inside(visible))
    if own.id not in {unit.id for unit in units}:
        units.append(own)
    return UnitList(items=[unit_view(unit, actor) for unit in units])


async def add_unit(uow: UnitOfWork, actor: Actor, new: NewUnit) -> UnitView:
    units = Units(uow)
    parent = await units.get(new.parent_id)
    actor.require_administers(parent.path)
    if await units.with_code(new.code) is not None:
        raise Conflict("unit_code_taken", fields={"code": "unit_code_taken"})
    unit = plant(new.code, new.name, new.kind, parent)
    units.add(unit)
    return unit_view(unit, actor)


def plant(code: str, name: str, kind: str, parent: Unit | None) -> Unit:
    """A new unit below `parent`, or the top unit; not yet stored."""
    unit_id = UnitId(new_id())
    path = root_path(unit_id) if parent is None else child_path(parent.path, unit_id)
    if depth(path) > MAX_DEPTH:
        raise Invalid("unit_too_deep", fields={"parent_id": "unit_too_deep"})
    parent_id = None if parent is None else parent.id
    return Unit(id=unit_id, code=code, name=tidy(name), kind=kind, parent_id=parent_id, path=path)


async def change_unit(uow: UnitOfWork, actor: Actor, unit_id: UnitId, change: UnitChange) -> UnitView:
    units = Units(uow)
    unit = await units.get(unit_id)
    actor.require_administers(unit.path)
    if change.code is not UNSET and change.code != unit.code:
        if await units.with_code(change.code) is not None:
            raise Conflict("unit_code_taken", fields={"code": "unit_code_taken"})
        unit.code = change.code
    if change.name is not UNSET:
        unit.name = tidy(change.name)
    if change.kind is not UNSET:
        unit.kind = change.kind
    if change.parent_id is not UNSET and change.parent_id != unit.parent_id:
        parent = await units.get(change.parent_id)
        actor.require_administers(parent.path)
        await move(uow, unit, parent)
    return unit_view(unit, actor)


async def move(uow: UnitOfWork, unit: Unit, parent: Unit) -> None:
    """Hang a unit, with all below it, under another parent."""
    if unit.parent_id is None:
        raise Conflict("unit_is_root")
    if is_within(parent.path, unit.path):
        raise Conflict("unit_under_itself", fields={"parent_id": "unit_under_itself"})
    old_top, new_top = unit.path, child_path(parent.path, unit.id)
    below = await Units(uow).inside([old_top])
    if any(depth(moved_path(each.path, old_top, new_top)) > MAX_DEPTH for each in below):
        raise Invalid("unit_too_deep", fields={"parent_id": "unit_too_deep"})
    unit.parent_id = parent.id
    for each in below:
        each.path = moved_path(each.path, old_top, new_top)


async def remove_unit(uow: UnitOfWork, actor: Actor, unit_id: UnitId) -> None:
    units = Units(uow)
    unit = await units.get(unit_id)
    actor.require_administers(unit.path)
    if unit.parent_id is None:
        raise Conflict("unit_is_root")
    if await units.is_referenced(unit):
        raise Conflict("unit_not_empty")
    await units.remove(unit)
