"""All SQL of evidence. Rows go in and are read; nothing here changes or removes one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from lms.attendance.models import Evidence, Source
from lms.attendance.rules import Span
from lms.db.uow import UnitOfWork
from lms.ids import PersonId, SessionId


@dataclass(slots=True)
class Proof:
    """The raw spans of one person in one session."""

    live: list[Span] = field(default_factory=list)
    replay: list[Span] = field(default_factory=list)


def _merged(wanted: ColumnElement[bool]) -> Select[Any]:
    """The union of spans per session, person and source (gaps and islands), exactly as rules.union makes it."""
    own = (Evidence.session_id, Evidence.person_id, Evidence.source)
    order = (Evidence.start_s, Evidence.end_s, Evidence.id)
    reached = func.max(Evidence.end_s).over(partition_by=own, order_by=order, rows=(None, -1)).label("reached")
    spans = select(*own, Evidence.id, Evidence.start_s, Evidence.end_s, reached).where(wanted).subquery()
    starts = case((or_(spans.c.reached.is_(None), spans.c.start_s > spans.c.reached), 1), else_=0)
    key = (spans.c.session_id, spans.c.person_id, spans.c.source)
    order_again = (spans.c.start_s, spans.c.end_s, spans.c.id)
    number = func.sum(starts).over(partition_by=key, order_by=order_again, rows=(None, 0)).label("island")
    islands = select(*key, spans.c.start_s, spans.c.end_s, number).subquery()
    group = (islands.c.session_id, islands.c.person_id, islands.c.source)
    return select(*group, func.min(islands.c.start_s), func.max(islands.c.end_s)).group_by(*group, islands.c.island)


class EvidenceLog:
    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    async def proofs(
        self, session_ids: Iterable[SessionId], person_ids: Iterable[PersonId] | None = None
    ) -> Mapping[tuple[SessionId, PersonId], Proof]:
        """Merged where they touch, which is the database's job: an hour of one person is hundreds of rows."""
        wanted = [Evidence.session_id.in_(list(session_ids))]
        if person_ids is not None:
            wanted.append(Evidence.person_id.in_(list(person_ids)))
        query = _merged(and_(*wanted))
        found: defaultdict[tuple[SessionId, PersonId], Proof] = defaultdict(Proof)
        for session_id, person_id, source, start_s, end_s in await self._session.execute(query):
            proof = found[session_id, person_id]
            spans = proof.live if source == Source.LIVE else proof.replay
            spans.append(Span(start_s, end_s))
        return found

    async def replays_since(self, person_id: PersonId, since: datetime) -> Sequence[Evidence]:
        """Believed replay reports of a person, on any session, that end after `since`."""
        query = select(Evidence).where(
            Evidence.person_id == person_id, Evidence.source == Source.REPLAY, Evidence.wall_end > since
        )
        return (await self._session.scalars(query)).all()

    async def reported(
        self, session_id: SessionId, person_id: PersonId, references: Iterable[str]
    ) -> Mapping[str, Evidence]:
        query = select(Evidence).where(
            Evidence.session_id == session_id,
            Evidence.person_id == person_id,
            Evidence.source == Source.REPLAY,
            Evidence.reference.in_(list(references)),
        )
        return {evidence.reference: evidence for evidence in await self._session.scalars(query)}

    async def receiving(self, session_ids: Iterable[SessionId], since: datetime) -> set[tuple[SessionId, PersonId]]:
        """Who has proven presence that lasts beyond `since`."""
        query = (
            select(Evidence.session_id, Evidence.person_id)
            .where(
                Evidence.session_id.in_(list(session_ids)),
                Evidence.source == Source.LIVE,
                Evidence.wall_end > since,
            )
            .distinct()
        )
        return {(session_id, person_id) for session_id, person_id in await self._session.execute(query)}

    async def last_proof(self, session_id: SessionId) -> datetime | None:
        """When presence in the room was last proven for anybody."""
        query = select(func.max(Evidence.wall_end)).where(
            Evidence.session_id == session_id, Evidence.source == Source.LIVE
        )
        return await self._session.scalar(query)

    def add(self, evidence: Evidence) -> None:
        self._session.add(evidence)
