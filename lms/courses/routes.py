"""HTTP of courses and their rule."""

from lms.courses import service
from lms.courses.schemas import CourseChange, CourseView, NewCourse, NewRule
from lms.ids import CourseId
from lms.web.call import Call
from lms.web.routing import RouteTable

routes = RouteTable("courses")


@routes.post("/courses", "Create a course in a unit the asker manages", status=201)
async def add_course(call: Call, body: NewCourse) -> CourseView:
    return await service.add_course(call.uow, call.actor, body, call.now)


@routes.get("/courses/{course_id}", "One course")
async def show_course(call: Call, course_id: CourseId) -> CourseView:
    return await service.show_course(call.uow, call.actor, course_id)


@routes.patch("/courses/{course_id}", "Change a course")
async def change_course(call: Call, course_id: CourseId, body: CourseChange) -> CourseView:
    return await service.change_course(call.uow, call.actor, course_id, body)


@routes.post("/courses/{course_id}/rule", "Set the completion rule; earlier versions stay on record", status=201)
async def set_rule(call: Call, course_id: CourseId, body: NewRule) -> CourseView:
    return await service.set_rule(call.uow, call.actor, course_id, body, call.now)
