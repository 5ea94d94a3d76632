"""Use cases of attendance: coverage of a person, and evidence from players. The table of a session is in table.py."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from lms.accounts.repository import People
from lms.actor import Actor
from lms.attendance.clock import early_part, required_spans
from lms.attendance.models import Evidence, Source
from lms.attendance.repository import EvidenceLog, Proof
from lms.attendance.rules import WALL_SLACK_S, Coverage, Refusal, Span, judge_report, length
from lms.attendance.rules import ReplayReport as Claim
from lms.attendance.schemas import (
    CoverageView,
    EvidenceAnswer,
    RefusedReport,
    ReplayReport,
    ReplayReports,
)
from lms.db.uow import UnitOfWork
from lms.errors import Conflict, Forbidden
from lms.ids import PersonId, SessionId
from lms.messages import message
from lms.sessions.models import Session
from lms.sessions.service import session_of

EARLIEST_WALL = datetime(2020, 1, 1, tzinfo=UTC)
ID_REUSED = "report_id_reused"


def coverage_of(session: Session, proof: Proof | None, now: datetime) -> Coverage:
    return _coverage(session, session.duration_s(now), proof)


def planned_coverage_of(session: Session, proof: Proof | None, now: datetime) -> Coverage:
    """As it will count if the session lasts as planned, for one that has not ended."""
    opened_at = session.zero_at or session.starts_at
    planned_s = (session.ends_at - min(opened_at, session.starts_at)).total_seconds()
    return _coverage(session, max(planned_s, session.duration_s(now)), proof)


def _coverage(session: Session, duration_s: float, proof: Proof | None) -> Coverage:
    opened_before_s = (session.starts_at - session.zero_at).total_seconds() if session.zero_at else 0.0
    early_s = early_part(opened_before_s, duration_s, has_ended=session.has_ended)
    required = required_spans(duration_s, session.required_from_minutes, session.required_minutes, early_s=early_s)
    return Coverage.of(required, proof.live if proof else (), proof.replay if proof else ())


def shares(coverage: Coverage) -> tuple[float, float]:
    """Percent live, and percent that only replay adds; together they are the coverage shown."""
    required = length(coverage.required)
    live = int(length(coverage.live) / required * 1000 + 1e-6) / 10 if required > 0 else 0.0
    return live, round(coverage.percent - live, 1)


def coverage_view(session: Session, coverage: Coverage, now: datetime) -> CoverageView:
    live_percent, replay_percent = shares(coverage)
    return CoverageView(
        session_id=session.id,
        zero_at=session.zero_at,
        duration_s=session.duration_s(now),
        required=intervals(coverage.required),
        live=intervals(coverage.live),
        replay=intervals(coverage.replay),
        missing=intervals(coverage.missing),
        required_s=_rounded(length(coverage.required)),
        missing_s=_rounded(length(coverage.missing)),
        live_percent=live_percent,
        replay_percent=replay_percent,
        coverage_percent=coverage.percent,
    )


def intervals(spans: Sequence[Span]) -> list[tuple[float, float]]:
    return [(_rounded(span.start), _rounded(span.end)) for span in spans]


def _rounded(seconds: float) -> float:
    """Milliseconds are as fine as any of this is known."""
    return round(seconds, 3)


async def coverage_for(uow: UnitOfWork, session: Session, person_id: PersonId, now: datetime) -> CoverageView:
    proofs = await EvidenceLog(uow).proofs([session.id], [person_id])
    return coverage_view(session, coverage_of(session, proofs.get((session.id, person_id)), now), now)


async def my_coverage(uow: UnitOfWork, actor: Actor, session_id: SessionId, now: datetime) -> CoverageView:
    session, _ = await session_of(uow, actor, session_id)
    return await coverage_for(uow, session, actor.person_id, now)


async def report_replay(
    uow: UnitOfWork, actor: Actor, session_id: SessionId, batch: ReplayReports, now: datetime
) -> EvidenceAnswer:
    """Each report stands alone: a forged one is refused with a reason, the others still count.

    A report that was already believed is accepted again and changes nothing, so a player may resend.
    """
    session, standing = await session_of(uow, actor, session_id)
    if not standing.belongs:
        raise Forbidden("not_enrolled")
    if session.zero_at is None:
        raise Conflict("session_not_begun")
    refused = await _take_reports(uow, session, session.zero_at, actor.person_id, batch.reports, now)
    await uow.flush()
    return EvidenceAnswer(
        accepted=[report.id for report in batch.reports if report.id not in refused],
        refused=[_refusal(report_id, code) for report_id, code in refused.items()],
        coverage=await coverage_for(uow, session, actor.person_id, now),
    )


async def _take_reports(
    uow: UnitOfWork,
    session: Session,
    zero_at: datetime,
    person_id: PersonId,
    reports: Sequence[ReplayReport],
    now: datetime,
) -> dict[str, str]:
    """Ids refused and why; the rest is stored."""
    log = EvidenceLog(uow)
    # two players at the same moment must see each other's reports, or both would count
    await People(uow).lock(person_id)
    known = dict(await log.reported(session.id, person_id, [report.id for report in reports]))
    earlier = [_claim_of(row) for row in await log.replays_since(person_id, _earliest(reports, now))]
    refused: dict[str, str] = {}
    for report in reports:
        claim = _claim(report)
        if report.id in known:
            if _claim_of(known[report.id]) != claim:
                refused[report.id] = ID_REUSED
            continue
        if report.wall_start < EARLIEST_WALL or report.wall_end < EARLIEST_WALL:
            refused[report.id] = Refusal.MALFORMED
            continue
        refusal = judge_report(
            claim,
            duration_s=session.duration_s(now),
            zero_at=zero_at.timestamp(),
            earlier=earlier,
            now=now.timestamp(),
        )
        if refusal is not None:
            refused[report.id] = refusal
            continue
        earlier.append(claim)
        known[report.id] = evidence = _evidence(session.id, person_id, report, now)
        log.add(evidence)
    return refused


def _earliest(reports: Sequence[ReplayReport], now: datetime) -> datetime:
    first = min((report.wall_start for report in reports), default=now)
    return min(now, max(first, EARLIEST_WALL)) - timedelta(seconds=WALL_SLACK_S)


def _claim(report: ReplayReport) -> Claim:
    return Claim(
        start_s=report.start_s,
        end_s=report.end_s,
        speed=report.speed,
        wall_start=report.wall_start.timestamp(),
        wall_end=report.wall_end.timestamp(),
    )


def _claim_of(row: Evidence) -> Claim:
    return Claim(
        start_s=row.start_s,
        end_s=row.end_s,
        speed=row.speed,
        wall_start=row.wall_start.timestamp(),
        wall_end=row.wall_end.timestamp(),
    )


def _evidence(session_id: SessionId, person_id: PersonId, report: ReplayReport, now: datetime) -> Evidence:
    return Evidence(
        session_id=session_id,
        person_id=person_id,
        source=Source.REPLAY,
        reference=report.id,
        start_s=report.start_s,
        end_s=report.end_s,
        speed=report.speed,
        wall_start=report.wall_start.astimezone(UTC),
        wall_end=report.wall_end.astimezone(UTC),
        recorded_at=now,
    )


def _refusal(report_id: str, code: str | Refusal) -> RefusedReport:
    vietnamese, english = message(str(code))
    return RefusedReport(id=report_id, code=str(code), message_vi=vietnamese, message_en=english)
