"""HTTP of CSV imports."""

from lms.accounts.signing_in import DOOR
from lms.imports import service, upload
from lms.imports.schemas import ImportQuery, ImportReport
from lms.web.call import Call
from lms.web.routing import RouteTable

routes = RouteTable("imports")


@routes.post("/imports", "Import units or people from CSV (the body, or a form field `file`)", reads="text/csv")
async def run_import(call: Call, query: ImportQuery) -> ImportReport:
    content = await upload.read_file(call.request)
    hasher = call.request.app[DOOR].hasher
    importer = service.Importer(uow=call.uow, actor=call.actor, hasher=hasher, now=call.now)
    return await service.run(importer, query, content)
