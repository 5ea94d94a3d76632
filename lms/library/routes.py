"""HTTP of the library and of replay files."""

from aiohttp import web

from lms.ids import ItemId, SessionId
from lms.library import service
from lms.library.archives import ARCHIVES
from lms.library.schemas import LibraryItem, LibraryList, LibraryQuery, ReplayView
from lms.web.call import Call
from lms.web.routing import RouteTable

routes = RouteTable("library")


@routes.get("/library", "Replays the asker may watch, newest first")
async def list_library(call: Call, query: LibraryQuery) -> LibraryList:
    return await service.list_items(call.uow, call.actor, call.request.app[ARCHIVES], query)


@routes.get("/library/{item_id}", "One library item")
async def show_item(call: Call, item_id: ItemId) -> LibraryItem:
    return await service.show_item(call.uow, call.actor, call.request.app[ARCHIVES], item_id)


@routes.get("/sessions/{session_id}/replay", "The replay: state, manifest and the asker's coverage")
async def show_replay(call: Call, session_id: SessionId) -> ReplayView:
    return await service.show_replay(call.uow, call.actor, call.request.app[ARCHIVES], session_id, call.now)


@routes.get(
    "/replays/{session_id}/{path:.+}", "A file of the replay (ranges allowed)", media_type="application/octet-stream"
)
async def send_file(call: Call, session_id: SessionId, path: str) -> web.StreamResponse:
    file = await service.replay_file(call.uow, call.actor, call.request.app[ARCHIVES], session_id, path)
    return service.file_response(file)
