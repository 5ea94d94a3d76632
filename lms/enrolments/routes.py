"""HTTP of enrolments."""

from lms.enrolments import service
from lms.enrolments.schemas import EnrolmentList, EnrolmentResult, NewEnrolments
from lms.ids import CourseId, PersonId
from lms.web.call import Call
from lms.web.routing import RouteTable

routes = RouteTable("enrolments")


@routes.get("/courses/{course_id}/enrolments", "Who is enrolled")
async def list_enrolments(call: Call, course_id: CourseId) -> EnrolmentList:
    return await service.list_enrolments(call.uow, call.actor, course_id)


@routes.post("/courses/{course_id}/enrolments", "Enrol people, or everybody of a unit")
async def enrol(call: Call, course_id: CourseId, body: NewEnrolments) -> EnrolmentResult:
    return await service.enrol(call.uow, call.actor, course_id, body, call.now)


@routes.delete("/courses/{course_id}/enrolments/{person_id}", "Take somebody off; their evidence stays", status=204)
async def withdraw(call: Call, course_id: CourseId, person_id: PersonId) -> None:
    await service.withdraw(call.uow, call.actor, course_id, person_id)
