"""Every route of the API in one list: the server mounts it and the OpenAPI document describes it."""

from lms.accounts.routes import routes as accounts
from lms.attendance.routes import routes as attendance
from lms.completion.routes import routes as completion
from lms.enrolments.routes import routes as enrolments
from lms.imports.routes import routes as imports
from lms.library.routes import routes as library
from lms.live.routes import routes as live
from lms.organisation.routes import routes as organisation
from lms.overview.routes import routes as overview
from lms.web.routing import Route

ROUTES: list[Route] = [
    route
    for table in (
        accounts,
        organisation,
        imports,
        enrolments,
        overview,
        live,
        attendance,
        completion,
        library,
    )
    for route in table.routes
]
