"""HTTP of entering a live session. The webhook receiver is in hooks.py: it is not part of the public API."""

from lms.ids import SessionId
from lms.live import service
from lms.live.schemas import Broadcast, Ticket
from lms.web.call import Call
from lms.web.routing import RouteTable, Transaction

routes = RouteTable("live")


@routes.post("/sessions/{session_id}/join", "A ticket into the room", transaction=Transaction.OWN)
async def join(call: Call, session_id: SessionId) -> Ticket:
    desk = call.request.app[service.DESK]
    return await desk.issue(call.database, call.actor, session_id, service.socket_url(call.request), call.now)


@routes.post("/sessions/{session_id}/broadcast", "Address and token for OBS", transaction=Transaction.OWN)
async def broadcast(call: Call, session_id: SessionId) -> Broadcast:
    desk = call.request.app[service.DESK]
    return await desk.broadcast(call.database, call.actor, session_id, service.socket_url(call.request), call.now)
