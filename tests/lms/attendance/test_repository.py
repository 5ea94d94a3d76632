"""What the database merges is what the rules merge."""

import random
from datetime import timedelta

from lms.attendance.models import Evidence, Source
from lms.attendance.repository import EvidenceLog
from lms.attendance.rules import Span, union
from lms.ids import PersonId, SessionId
from tests.support.lms import START, Lms, a_class


def a_proof(session_id: str, person_id: str, source: Source, number: int, span: tuple[float, float]) -> Evidence:
    return Evidence(
        session_id=SessionId(session_id),
        person_id=PersonId(person_id),
        source=source,
        reference=f"r{number}",
        start_s=span[0],
        end_s=span[1],
        speed=1.0,
        wall_start=START,
        wall_end=START + timedelta(seconds=1),
        recorded_at=START,
    )


async def test_the_database_unites_spans_as_the_rules_do(lms: Lms) -> None:
    held = await a_class(lms, "cuc", "dung")
    chance = random.Random(7)
    raw: dict[tuple[str, Source], list[tuple[float, float]]] = {}
    async with lms.database.begin() as uow:
        log = EvidenceLog(uow)
        for person in held.trainees:
            for source in Source:
                spans = [(start, start + chance.choice([1, 2, 2.5, 9])) for start in chance.choices(range(90), k=25)]
                raw[person.person_id, source] = spans
                for number, span in enumerate(spans):
                    log.add(a_proof(held.session_id, person.person_id, source, number, span))
    async with lms.database.begin(read_only=True) as uow:
        proofs = await EvidenceLog(uow).proofs([SessionId(held.session_id)])
    for person in held.trainees:
        proof = proofs[SessionId(held.session_id), PersonId(person.person_id)]
        for source, found in ((Source.LIVE, proof.live), (Source.REPLAY, proof.replay)):
            expected = union(Span(*span) for span in raw[person.person_id, source])
            assert tuple(sorted(found)) == expected
            assert len(found) < 25


async def test_only_the_people_asked_for_are_read(lms: Lms) -> None:
    held = await a_class(lms, "cuc", "dung")
    async with lms.database.begin() as uow:
        for person in held.trainees:
            EvidenceLog(uow).add(a_proof(held.session_id, person.person_id, Source.LIVE, 0, (0, 5)))
    cuc = PersonId(held.trainees[0].person_id)
    async with lms.database.begin(read_only=True) as uow:
        proofs = await EvidenceLog(uow).proofs([SessionId(held.session_id)], [cuc])
    assert list(proofs) == [(held.session_id, cuc)]
