"""What a session counts for its course, before, while and after it is held."""

from datetime import datetime, timedelta

from lms.attendance.repository import Proof
from lms.attendance.rules import Span
from lms.completion.service import course_coverage
from lms.ids import CourseId, PersonId, SessionId
from lms.sessions.models import Session
from lms.sessions.schemas import SessionState
from tests.support.lms import START


def a_session(*, zero: datetime | None = None, ended_after_s: float | None = None) -> Session:
    session = Session(
        id=SessionId("s"),
        course_id=CourseId("c"),
        title="Buổi 1",
        starts_at=START,
        ends_at=START + timedelta(minutes=10),
        host_id=PersonId("p"),
        is_recorded=True,
        required_from_minutes=0.0,
        required_minutes=None,
        state=SessionState.SCHEDULED,
    )
    if zero is not None:
        session.open_room("RM_1", zero)
    if zero is not None and ended_after_s is not None:
        session.end(zero + timedelta(seconds=ended_after_s))
    return session


PROOF = Proof(live=[Span(0, 300)])


def test_an_ended_session_counts_as_long_as_it_lasted() -> None:
    coverage = course_coverage(a_session(zero=START, ended_after_s=300), PROOF, START + timedelta(days=1))
    assert coverage.percent == 100


def test_a_live_session_counts_with_its_planned_length_at_least() -> None:
    live = a_session(zero=START)
    assert course_coverage(live, PROOF, START + timedelta(seconds=300)).percent == 50
    assert course_coverage(live, PROOF, START + timedelta(seconds=1200)).percent == 25


def test_a_session_to_come_is_required_and_one_never_held_is_not() -> None:
    session = a_session()
    assert course_coverage(session, None, START).required == (Span(0, 600),)
    assert course_coverage(session, None, START + timedelta(minutes=10)).required == ()


def test_a_session_ended_before_its_room_opened_requires_nothing() -> None:
    session = a_session()
    session.end(START)
    assert course_coverage(session, None, START).required == ()


def test_a_room_that_opened_early_does_not_make_the_session_longer() -> None:
    early = a_session(zero=START - timedelta(minutes=5))
    assert course_coverage(early, None, START).required == (Span(300, 900),)
