"""The session clock."""

from datetime import timedelta

import pytest

from lms.errors import Conflict
from lms.sessions.schemas import SessionState
from tests.lms.completion.test_service import a_session
from tests.support.lms import START


def test_the_first_room_starts_the_clock_and_later_ones_do_not_move_it() -> None:
    session = a_session(zero=START)
    session.open_room("RM_2", START + timedelta(seconds=50))
    assert (session.zero_at, session.room_sid, session.state) == (START, "RM_2", SessionState.LIVE)


def test_the_clock_runs_until_the_end_and_then_stands() -> None:
    session = a_session(zero=START)
    assert session.duration_s(START + timedelta(seconds=30)) == 30
    session.end(START + timedelta(seconds=60))
    assert session.duration_s(START + timedelta(days=9)) == 60


def test_before_the_room_opened_there_is_no_length() -> None:
    assert a_session().duration_s(START) == 0


def test_a_session_ends_once_and_stays_ended() -> None:
    session = a_session(zero=START, ended_after_s=60)
    with pytest.raises(Conflict, match="session_ended"):
        session.end(START + timedelta(seconds=90))
    session.open_room("RM_ghost", START + timedelta(seconds=90))
    assert (session.state, session.duration_s(START)) == (SessionState.ENDED, 60)


def test_no_end_lies_before_second_zero() -> None:
    assert a_session(zero=START, ended_after_s=-5).duration_s(START) == 0
