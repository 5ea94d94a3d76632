"""HTTP of completion."""

from lms.completion import service
from lms.completion.schemas import CompletionTable, CompletionView
from lms.ids import CourseId
from lms.web.call import Call
from lms.web.routing import RouteTable

routes = RouteTable("completion")


@routes.get("/courses/{course_id}/completion", "Who has completed the course, and why not")
async def show_completion(call: Call, course_id: CourseId) -> CompletionTable:
    return await service.completion_table(call.uow, call.actor, course_id, call.now)


@routes.get("/courses/{course_id}/completion/me", "The asker's own completion")
async def show_my_completion(call: Call, course_id: CourseId) -> CompletionView:
    return await service.my_completion(call.uow, call.actor, course_id, call.now)
