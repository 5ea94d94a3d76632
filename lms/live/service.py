"""Use cases of a live session: a ticket in, the end, and forgetting nothing when the node is away."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiohttp import web
from sqlalchemy import delete

from lms.accounts.repository import SignIns
from lms.actor import Actor
from lms.attendance.repository import EvidenceLog
from lms.db.engine import Database
from lms.db.outbox import OutboxRow, emit
from lms.db.uow import UnitOfWork
from lms.errors import Conflict, Forbidden, Unavailable
from lms.ids import SessionId
from lms.live.models import TakenEvent
from lms.live.node_client import NodeClient, NodeError
from lms.live.schemas import Broadcast, Ticket
from lms.live.tickets import ApiKey, broadcast_ticket, ticket
from lms.sessions.models import Session
from lms.sessions.repository import Sessions, Stays
from lms.sessions.rules import FORGOTTEN_AFTER, Standing, is_door_open, is_forgotten, may_end, opens_at
from lms.sessions.service import session_of
from lms.web.auth import is_secure
from signaling.protocol.naming import room_of_session

DELETE_ROOM = "delete_room"
SHORTEST_EMPTY_S = 300
# lessons run over their time
BROADCAST_SLACK = timedelta(hours=1)
# senders retry for as long as they are left running; nobody leaves one cut off for a month and expects an answer
REMEMBERED = timedelta(days=30)

log = structlog.get_logger()


class Desk:
    """Issues tickets: checks the rights, sees to it that the room exists with its policy, signs."""

    def __init__(self, node: NodeClient, *, api_key: ApiKey, public_url: str) -> None:
        self._node = node
        self._api_key = api_key
        self._public_url = public_url

    async def issue(
        self, database: Database, actor: Actor, session_id: SessionId, socket_url: str, now: datetime
    ) -> Ticket:
        async with database.begin(read_only=True) as uow:
            session, standing = await session_of(uow, actor, session_id)
        check_may_enter(session, standing, now)
        await self._open_room(session, now)
        token = ticket(
            session_id=session.id,
            person_id=actor.person_id,
            name=actor.name,
            is_leader=standing.leads,
            api_key=self._api_key,
            now=now.timestamp(),
        )
        return Ticket(
            url=self._public_url or socket_url,
            token=token,
            room=room_of_session(session.id),
            may_end=may_end(standing, session.state),
            is_recorded=session.is_recorded,
        )

    async def broadcast(
        self, database: Database, actor: Actor, session_id: SessionId, socket_url: str, now: datetime
    ) -> Broadcast:
        """For who leads the session; good a while longer than it is planned to last."""
        async with database.begin(read_only=True) as uow:
            session, standing = await session_of(uow, actor, session_id)
        if not standing.leads:
            raise Forbidden("not_host")
        check_may_enter(session, standing, now)
        await self._open_room(session, now)
        expires_at = max(session.ends_at, now) + BROADCAST_SLACK
        token = broadcast_ticket(
            session_id=session.id,
            person_id=actor.person_id,
            name=actor.name,
            api_key=self._api_key,
            now=now.timestamp(),
            expires_at=expires_at.timestamp(),
        )
        base = (self._public_url or socket_url).replace("ws", "http", 1).rstrip("/")
        return Broadcast(url=f"{base}/whip/{room_of_session(session.id)}", token=token, expires_at=expires_at)

    async def _open_room(self, session: Session, now: datetime) -> None:
        keep_empty_s = (session.ends_at + FORGOTTEN_AFTER - now).total_seconds()
        try:
            await self._node.create_room(
                room_of_session(session.id),
                is_recorded=session.is_recorded,
                keep_empty_s=max(SHORTEST_EMPTY_S, int(keep_empty_s)),
            )
        except NodeError as error:
            log.error("room_refused", session_id=session.id, error=str(error))
            raise Unavailable("live_unavailable") from error


DESK = web.AppKey("desk", Desk)


def check_may_enter(session: Session, standing: Standing, now: datetime) -> None:
    if not standing.belongs:
        raise Forbidden("not_enrolled")
    if session.has_ended:
        raise Conflict("session_ended")
    if not is_door_open(standing, session.state, session.starts_at, now):
        raise Conflict("session_not_open_yet", opens_at=opens_at(session.starts_at).strftime("%Y-%m-%dT%H:%M:%SZ"))


def socket_url(request: web.Request) -> str:
    """Where the browser found us is where it finds the node: the gateway serves both."""
    scheme = "wss" if is_secure(request) else "ws"
    return f"{scheme}://{request.headers.get('X-Forwarded-Host', request.host)}"


async def end_session(uow: UnitOfWork, actor: Actor, session_id: SessionId, now: datetime) -> None:
    await Sessions(uow).lock(session_id)
    session, standing = await session_of(uow, actor, session_id)
    if not standing.leads:
        raise Forbidden("not_host")
    await close_session(uow, session, at=now, now=now)


async def close_session(uow: UnitOfWork, session: Session, *, at: datetime, now: datetime) -> None:
    """The end is in the database first; the room is taken down after the commit, however long the node is away."""
    session.end(at)
    await Stays(uow).close(session.id, at)
    ask_to_delete_room(uow, session.id, now)
    await uow.flush()


def ask_to_delete_room(uow: UnitOfWork, session_id: SessionId, now: datetime) -> None:
    emit(uow, DELETE_ROOM, {"room": room_of_session(session_id)}, now)


def delete_room_errand(node: NodeClient) -> Any:
    async def run(payload: Mapping[str, Any]) -> None:
        await node.delete_room(payload["room"])

    return run


async def emptied_at(uow: UnitOfWork, session: Session, now: datetime) -> datetime:
    """When the last person was there, by stay or by proof; waiting time of an empty room is nobody's to attend."""
    known = (await Stays(uow).last_left(session.id), await EvidenceLog(uow).last_proof(session.id), session.zero_at)
    return min(now, max((moment for moment in known if moment is not None), default=now))


async def end_forgotten(database: Database, now: datetime) -> int:
    """End live sessions that nobody ended; the answer is how many."""
    async with database.begin(read_only=True) as uow:
        late = [session.id for session in await Sessions(uow).live() if now >= session.ends_at + FORGOTTEN_AFTER]
    ended = 0
    for session_id in late:
        async with database.begin() as uow:
            await Sessions(uow).lock(session_id)
            session = await Sessions(uow).get(session_id)
            is_empty = not await Stays(uow).has_open(session_id)
            if is_forgotten(session.state, session.ends_at, is_empty=is_empty, now=now):
                await close_session(uow, session, at=await emptied_at(uow, session, now), now=now)
                ended += 1
    return ended


async def forget_done(database: Database, now: datetime) -> None:
    """Drop what only guards against repetition, once no repetition can come any more."""
    async with database.begin() as uow:
        await uow.session.execute(delete(TakenEvent).where(TakenEvent.taken_at < now - REMEMBERED))
        await uow.session.execute(delete(OutboxRow).where(OutboxRow.done_at < now - REMEMBERED))
        await SignIns(uow).remove_expired(now)
