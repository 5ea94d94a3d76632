"""Use cases of the library: find replays, show one, send its files."""

import mimetypes
from datetime import datetime
from pathlib import Path

from aiohttp import web

from lms.actor import MANAGING_ROLES, Actor
from lms.attendance.service import coverage_for
from lms.db.uow import UnitOfWork
from lms.errors import Forbidden, NotFound
from lms.ids import ItemId, SessionId, new_id
from lms.library.archives import Archives
from lms.library.models import LibraryItem as Item
from lms.library.repository import Library
from lms.library.rules import replay_state
from lms.library.schemas import Archive, LibraryItem, LibraryList, LibraryQuery, ReplayView
from lms.sessions.models import Session
from lms.sessions.service import session_of
from lms.text import fold
from lms.web.dispatch import API_PREFIX
from lms.web.schemas import Link

_TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".m4s": "video/iso.segment", ".webm": "video/webm"}


def base_url(session_id: SessionId) -> str:
    return f"{API_PREFIX}/replays/{session_id}/"


async def list_items(uow: UnitOfWork, actor: Actor, archives: Archives, query: LibraryQuery) -> LibraryList:
    items = await Library(uow).visible(actor.person_id, actor.paths(*MANAGING_ROLES), query.query)
    return LibraryList(items=[_view(item, await archives.read(item.session_id)) for item in items])


async def show_item(uow: UnitOfWork, actor: Actor, archives: Archives, item_id: ItemId) -> LibraryItem:
    items = await Library(uow).visible(actor.person_id, actor.paths(*MANAGING_ROLES), "", item_id)
    if not items:
        raise NotFound("item_not_found")
    return _view(items[0], await archives.read(items[0].session_id))


def _view(item: Item, archive: Archive | None) -> LibraryItem:
    session = item.session
    files = archive.thumbnails.files if archive else []
    return LibraryItem(
        id=item.id,
        session_id=session.id,
        title=item.title,
        course=Link(id=session.course_id, name=session.course.title),
        host_name=session.host.name,
        held_at=session.zero_at or session.starts_at,
        duration_s=archive.duration_s if archive else 0.0,
        state=replay_state(session.state, is_recorded=session.is_recorded, archive=archive),
        thumbnail_url=base_url(session.id) + files[len(files) // 2].file if files else None,
    )


async def shelve(uow: UnitOfWork, session: Session, now: datetime) -> None:
    """Make the session's replay an item of the library; once is enough."""
    if await Library(uow).has_item(session.id):
        return
    title = f"{session.course.title} – {session.title}"[:200]
    item = Item(id=ItemId(new_id()), session_id=session.id, title=title, folded_title=fold(title)[:200], created_at=now)
    Library(uow).add(item)
    await uow.flush()


async def show_replay(
    uow: UnitOfWork, actor: Actor, archives: Archives, session_id: SessionId, now: datetime
) -> ReplayView:
    session = await _watchable(uow, actor, session_id)
    archive = await archives.read(session.id)
    if archive is None and not session.is_recorded:
        raise NotFound("replay_not_found")
    return ReplayView(
        session_id=session.id,
        title=session.title,
        state=replay_state(session.state, is_recorded=session.is_recorded, archive=archive),
        manifest=archive,
        base_url=base_url(session.id),
        coverage=await coverage_for(uow, session, actor.person_id, now),
    )


async def replay_file(uow: UnitOfWork, actor: Actor, archives: Archives, session_id: SessionId, path: str) -> Path:
    session = await _watchable(uow, actor, session_id)
    file = await archives.file(session.id, path)
    if file is None:
        raise NotFound("file_not_found")
    return file


def file_response(file: Path) -> web.FileResponse:
    """Ranges, ETag and 304 come with it. Revalidated each time: rights may end, live playlists grow."""
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return web.FileResponse(file, headers={"Cache-Control": "private, no-cache", "Content-Type": kind})


async def _watchable(uow: UnitOfWork, actor: Actor, session_id: SessionId) -> Session:
    session, standing = await session_of(uow, actor, session_id)
    if not standing.belongs:
        raise Forbidden("not_enrolled")
    return session
