"""HTTP of the unit tree."""

from lms.ids import UnitId
from lms.organisation import service
from lms.organisation.schemas import NewUnit, UnitChange, UnitList, UnitView
from lms.web.call import Call
from lms.web.routing import RouteTable

routes = RouteTable("organisation")


@routes.get("/units", "The units the asker may see, parents before children")
async def list_units(call: Call) -> UnitList:
    return await service.list_units(call.uow, call.actor)


@routes.post("/units", "Add a unit under one that the asker administers", status=201)
async def add_unit(call: Call, body: NewUnit) -> UnitView:
    return await service.add_unit(call.uow, call.actor, body)


@routes.patch("/units/{unit_id}", "Rename or move a unit with everything below it")
async def change_unit(call: Call, unit_id: UnitId, body: UnitChange) -> UnitView:
    return await service.change_unit(call.uow, call.actor, unit_id, body)


@routes.delete("/units/{unit_id}", "Remove a unit that holds nothing", status=204)
async def remove_unit(call: Call, unit_id: UnitId) -> None:
    await service.remove_unit(call.uow, call.actor, unit_id)
