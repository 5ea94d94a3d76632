"""HTTP of courses and sessions (what is shown of them joins several nouns), of today and of live rooms."""

from lms.courses import service as courses
from lms.courses.schemas import CourseChange, CourseList, CourseView, NewCourse, NewRule
from lms.ids import CourseId, SessionId
from lms.library.archives import ARCHIVES
from lms.live import service as live
from lms.overview import service
from lms.overview.schemas import LiveRooms, Today
from lms.sessions import service as sessions
from lms.sessions.schemas import NewSession, SessionChange, SessionList, SessionView
from lms.web.call import Call
from lms.web.routing import RouteTable

routes = RouteTable("overview")


@routes.get("/today", "What concerns the asker now: sessions around today and their courses")
async def show_today(call: Call) -> Today:
    return await service.today(_view(call))


@routes.get("/courses", "Courses the asker is enrolled in, hosts or manages")
async def list_courses(call: Call) -> CourseList:
    return await service.list_courses(_view(call))


@routes.post("/courses", "Create a course in a unit the asker manages", status=201)
async def add_course(call: Call, body: NewCourse) -> CourseView:
    course_id = await courses.add_course(call.uow, call.actor, body, call.now)
    return await service.show_course(_view(call), course_id)


@routes.get("/courses/{course_id}", "One course")
async def show_course(call: Call, course_id: CourseId) -> CourseView:
    return await service.show_course(_view(call), course_id)


@routes.patch("/courses/{course_id}", "Change a course")
async def change_course(call: Call, course_id: CourseId, body: CourseChange) -> CourseView:
    await courses.change_course(call.uow, call.actor, course_id, body)
    return await service.show_course(_view(call), course_id)


@routes.post("/courses/{course_id}/rule", "Set the completion rule; earlier versions stay on record", status=201)
async def set_rule(call: Call, course_id: CourseId, body: NewRule) -> CourseView:
    await courses.set_rule(call.uow, call.actor, course_id, body, call.now)
    return await service.show_course(_view(call), course_id)


@routes.get("/courses/{course_id}/sessions", "Sessions of a course by start")
async def list_sessions(call: Call, course_id: CourseId) -> SessionList:
    return await service.list_sessions(_view(call), course_id)


@routes.post("/courses/{course_id}/sessions", "Schedule a session", status=201)
async def schedule_session(call: Call, course_id: CourseId, body: NewSession) -> SessionView:
    session = await sessions.schedule(call.uow, call.actor, course_id, body, call.now)
    return await service.show_session(_view(call), session.id)


@routes.get("/sessions/{session_id}", "One session")
async def show_session(call: Call, session_id: SessionId) -> SessionView:
    return await service.show_session(_view(call), session_id)


@routes.patch("/sessions/{session_id}", "Change a session that is not over")
async def change_session(call: Call, session_id: SessionId, body: SessionChange) -> SessionView:
    await sessions.change(call.uow, call.actor, session_id, body)
    return await service.show_session(_view(call), session_id)


@routes.post("/sessions/{session_id}/end", "End the session for everybody")
async def end_session(call: Call, session_id: SessionId) -> SessionView:
    await live.end_session(call.uow, call.actor, session_id, call.now)
    return await service.show_session(_view(call), session_id)


@routes.get("/live", "Rooms running now in the units the asker manages")
async def list_live_rooms(call: Call) -> LiveRooms:
    return await service.live_rooms(_view(call))


def _view(call: Call) -> service.Viewer:
    return service.Viewer(uow=call.uow, actor=call.actor, archives=call.request.app[ARCHIVES], now=call.now)
