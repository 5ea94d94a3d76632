"""HTTP of evidence and attendance."""

from aiohttp import web

from lms.attendance import service, sheet, table
from lms.attendance.schemas import AttendanceTable, CoverageView, EvidenceAnswer, ReplayReports
from lms.ids import SessionId
from lms.web.call import Call
from lms.web.routing import RouteTable

routes = RouteTable("attendance")


@routes.get("/sessions/{session_id}/coverage/me", "What the asker has and misses of a session")
async def show_my_coverage(call: Call, session_id: SessionId) -> CoverageView:
    return await service.my_coverage(call.uow, call.actor, session_id, call.now)


@routes.post("/sessions/{session_id}/evidence", "Report pieces of the replay that were played")
async def report_replay(call: Call, session_id: SessionId, body: ReplayReports) -> EvidenceAnswer:
    return await service.report_replay(call.uow, call.actor, session_id, body, call.now)


@routes.get("/sessions/{session_id}/attendance", "Everybody of a session, absentees included")
async def show_attendance(call: Call, session_id: SessionId) -> AttendanceTable:
    return await table.attendance(call.uow, call.actor, session_id, call.now)


@routes.get("/sessions/{session_id}/attendance.csv", "The same as a spreadsheet file", media_type="text/csv")
async def download_attendance(call: Call, session_id: SessionId) -> web.Response:
    whole = await table.attendance(call.uow, call.actor, session_id, call.now)
    return sheet.response(whole, call.actor.locale)
