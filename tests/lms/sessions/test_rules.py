"""Who may enter and end, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from lms.sessions.rules import Standing, is_forgotten, may_end, may_join
from lms.sessions.schemas import SessionState

START = datetime(2026, 9, 1, 7, tzinfo=UTC)
HOUR_EARLY = START - timedelta(hours=1)
NOBODY = Standing(is_enrolled=False, is_host=False, is_manager=False)
ENROLLED = Standing(is_enrolled=True, is_host=False, is_manager=False)
HOST = Standing(is_enrolled=False, is_host=True, is_manager=False)
MANAGER = Standing(is_enrolled=False, is_host=False, is_manager=True)


@pytest.mark.parametrize(
    ("standing", "state", "now", "expected"),
    [
        (ENROLLED, SessionState.SCHEDULED, START, True),
        (ENROLLED, SessionState.SCHEDULED, START - timedelta(minutes=15), True),
        (ENROLLED, SessionState.SCHEDULED, HOUR_EARLY, False),
        (ENROLLED, SessionState.LIVE, HOUR_EARLY, True),
        (ENROLLED, SessionState.ENDED, START, False),
        (HOST, SessionState.SCHEDULED, HOUR_EARLY, True),
        (MANAGER, SessionState.SCHEDULED, HOUR_EARLY, True),
        (HOST, SessionState.ENDED, START, False),
        (NOBODY, SessionState.LIVE, START, False),
    ],
)
def test_joining(standing: Standing, state: SessionState, now: datetime, expected: bool) -> None:
    assert may_join(standing, state, START, now) is expected


@pytest.mark.parametrize(("standing", "expected"), [(HOST, True), (MANAGER, True), (ENROLLED, False), (NOBODY, False)])
def test_ending(standing: Standing, expected: bool) -> None:
    assert may_end(standing, SessionState.LIVE) is expected
    assert may_end(standing, SessionState.ENDED) is False


def test_a_session_is_forgotten_ten_minutes_over_time_when_empty_and_six_hours_otherwise() -> None:
    later = [START + timedelta(minutes=minutes) for minutes in (9, 10, 359, 360)]
    assert [is_forgotten(SessionState.LIVE, START, is_empty=True, now=now) for now in later] == [
        False,
        True,
        True,
        True,
    ]
    assert [is_forgotten(SessionState.LIVE, START, is_empty=False, now=now) for now in later] == [
        False,
        False,
        False,
        True,
    ]
    assert not is_forgotten(SessionState.SCHEDULED, START, is_empty=True, now=later[-1])
