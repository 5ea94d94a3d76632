"""The webhook receiver: what node and recorder tell, each event taken in once, in one transaction.

An event that is nothing to us (another room, an unknown person) is acknowledged: refusing it would only
hold up the sender's queue, in which the next ones wait.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiohttp import web

from lms.accounts.repository import People
from lms.attendance.clock import on_clock
from lms.attendance.models import Evidence, Source
from lms.attendance.repository import EvidenceLog
from lms.db.uow import UnitOfWork
from lms.errors import Malformed, Unauthenticated
from lms.ids import PersonId, SessionId
from lms.library.service import shelve
from lms.live.models import TakenEvent
from lms.live.service import ask_to_delete_room, close_session, emptied_at
from lms.sessions.models import Session, Stay
from lms.sessions.repository import Sessions, Stays
from lms.web.dispatch import CLOCK, DATABASE
from signaling.protocol import webhook
from signaling.protocol.naming import session_of_room

HOOK_PATH = "/hooks/live"
EVENT_ID_LIMIT = 100
# no span of presence is longer than a day, and none lies in the future but for clocks a little apart
_LONGEST_SPAN_S = 86_400
_CLOCK_SLACK = timedelta(minutes=2)

KEYS: web.AppKey[Mapping[str, str]] = web.AppKey("hook_keys")
Event = Mapping[str, Any]
log = structlog.get_logger()


async def receive(request: web.Request) -> web.Response:
    now = request.app[CLOCK]()
    body = await request.read()
    try:
        event = webhook.verify(body, request.headers.get("Authorization", ""), request.app[KEYS], now.timestamp())
    except webhook.WebhookError as error:
        log.warning("webhook_refused", code=error.code)
        raise (Malformed("malformed") if error.code == "bad_body" else Unauthenticated("bad_signature")) from error
    if b"\\u0000" in body:
        # no name of ours holds a NUL and no database of ours keeps one
        log.info("webhook_ignored", webhook=event["event"], room="")
        return web.json_response({})
    async with request.app[DATABASE].begin() as uow:
        await take_in(uow, event, now)
    return web.json_response({})


async def take_in(uow: UnitOfWork, event: Event, now: datetime) -> None:
    event_id = event["id"][:EVENT_ID_LIMIT]
    if await uow.session.get(TakenEvent, event_id) is not None:
        return
    uow.session.add(TakenEvent(id=event_id, event=event["event"][:60], taken_at=now))
    session_id = session_of_room(_room_name(event))
    session = await _locked_session(uow, session_id) if session_id else None
    handler = _HANDLERS.get(event["event"])
    if session is None or handler is None:
        log.info("webhook_ignored", webhook=event["event"], room=_room_name(event))
        return
    await handler(uow, session, event, now)
    await uow.flush()


async def _locked_session(uow: UnitOfWork, session_id: str) -> Session | None:
    await Sessions(uow).lock(session_id)
    return await Sessions(uow).find(session_id)


def _room_name(event: Event) -> str:
    name = _object(event, "room").get("name") or _object(event, "egressInfo").get("roomName")
    return name if isinstance(name, str) else ""


def _object(event: Event, name: str) -> Mapping[str, Any]:
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def _told_at(event: Event, now: datetime) -> datetime:
    return _moment(event.get("createdAt", 0)) or now


def _moment(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(seconds), UTC) if float(seconds) > 0 else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _opened_at(event: Event, now: datetime) -> datetime:
    """When the room was created, to the millisecond if the node says so."""
    room = _object(event, "room")
    try:
        milliseconds = int(room.get("creationTimeMs", 0)) / 1000
    except (TypeError, ValueError):
        milliseconds = 0.0
    return _moment(milliseconds) or _moment(room.get("creationTime", 0)) or _told_at(event, now)


async def _enter_room(uow: UnitOfWork, session: Session, event: Event, now: datetime) -> str:
    """The first event of the first room starts the clock; a new room ends the stays of the ones before."""
    room_sid = str(_object(event, "room").get("sid", ""))[:64]
    if session.zero_at is None or (room_sid and session.room_sid != room_sid):
        session.open_room(room_sid, min(_opened_at(event, now), now + _CLOCK_SLACK))
        await Stays(uow).close(session.id, _told_at(event, now), but_room_sid=room_sid)
    return room_sid


async def _room_started(uow: UnitOfWork, session: Session, event: Event, now: datetime) -> None:
    await _enter_room(uow, session, event, now)
    if session.has_ended:
        # somebody walked in with an old ticket after the end
        ask_to_delete_room(uow, session.id, now)


async def _room_finished(uow: UnitOfWork, session: Session, event: Event, now: datetime) -> None:
    room_sid = str(_object(event, "room").get("sid", ""))[:64]
    told_at = _told_at(event, now)
    await Stays(uow).close(session.id, told_at, room_sid=room_sid)
    if not session.has_ended and session.zero_at is not None and told_at >= session.ends_at:
        await close_session(uow, session, at=await emptied_at(uow, session, told_at), now=now)


async def _participant_joined(uow: UnitOfWork, session: Session, event: Event, now: datetime) -> None:
    room_sid = await _enter_room(uow, session, event, now)
    participant = _object(event, "participant")
    sid = str(participant.get("sid", ""))[:64]
    known = await People(uow).existing([str(participant.get("identity", ""))])
    if not sid or not known or await Stays(uow).find(sid) is not None:
        return
    joined_at = _moment(participant.get("joinedAt", 0)) or _told_at(event, now)
    Stays(uow).add(
        Stay(
            participant_sid=sid,
            session_id=session.id,
            person_id=known.pop(),
            room_sid=room_sid,
            joined_at=joined_at,
            left_at=None,
        )
    )


async def _participant_left(uow: UnitOfWork, session: Session, event: Event, now: datetime) -> None:
    stay = await Stays(uow).find(str(_object(event, "participant").get("sid", "")))
    if stay is not None and stay.session_id == session.id and stay.left_at is None:
        stay.left_at = max(stay.joined_at, _told_at(event, now))


async def _presence_proven(uow: UnitOfWork, session: Session, event: Event, now: datetime) -> None:
    if session.zero_at is None:
        await _enter_room(uow, session, event, now)
    entries = [entry for entry in event.get("presence") or [] if isinstance(entry, dict)]
    known = await People(uow).existing({str(entry.get("identity", "")) for entry in entries})
    for number, entry in enumerate(entries):
        person_id = PersonId(str(entry.get("identity", "")))
        if person_id not in known:
            continue
        for index, (start, end) in enumerate(_spans(entry.get("spans"), now)):
            reference = f"{event['id'][:EVENT_ID_LIMIT]}:{number}:{index}"
            _add_presence(uow, session, person_id, reference, (start, end), now)


def _spans(spans: Any, now: datetime) -> list[tuple[float, float]]:
    """Those that can be true: ordered, not absurdly long, not in the future."""
    latest = (now + _CLOCK_SLACK).timestamp()
    found = []
    for span in spans if isinstance(spans, list) else []:
        try:
            start, end = float(span[0]), float(span[1])
        except (TypeError, ValueError, IndexError, KeyError):
            continue
        if 0 < start < end <= latest and end - start <= _LONGEST_SPAN_S:
            found.append((start, end))
    return found


def _add_presence(
    uow: UnitOfWork,
    session: Session,
    person_id: PersonId,
    reference: str,
    span: tuple[float, float],
    now: datetime,
) -> None:
    zero_unix = session.zero_at.timestamp() if session.zero_at else span[0]
    on_session = on_clock(span[0], span[1], zero_unix=zero_unix)
    if on_session is None:
        return
    EvidenceLog(uow).add(
        Evidence(
            session_id=SessionId(session.id),
            person_id=person_id,
            source=Source.LIVE,
            reference=reference,
            start_s=on_session.start,
            end_s=on_session.end,
            speed=1.0,
            wall_start=datetime.fromtimestamp(span[0], UTC),
            wall_end=datetime.fromtimestamp(span[1], UTC),
            recorded_at=now,
        )
    )


async def _egress_told(uow: UnitOfWork, session: Session, _event: Event, now: datetime) -> None:
    await shelve(uow, session, now)


Handler = Callable[[UnitOfWork, Session, Event, datetime], Awaitable[None]]
_HANDLERS: Mapping[str, Handler] = {
    "room_started": _room_started,
    "room_finished": _room_finished,
    "participant_joined": _participant_joined,
    "participant_left": _participant_left,
    "participant_connection_aborted": _participant_left,
    "presence_proven": _presence_proven,
    "egress_started": _egress_told,
    "egress_updated": _egress_told,
    "egress_ended": _egress_told,
}
