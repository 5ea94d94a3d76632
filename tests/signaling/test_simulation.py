"""Faults that clients ask for, read from their messages; and the two ways a session ends that the client outlives."""

import pytest
from livekit.protocol import rtc

from sfu.config import LeaveReason
from signaling.session.effects import HangUp, Reply
from signaling.session.session import SessionState
from signaling.session.simulation import SPEAK_AT_MOST_S, Scenario, Simulate, read
from tests.signaling.test_session import an_open_session


@pytest.mark.parametrize("scenario", [one for one in Scenario if one is not Scenario.SPEAKER_UPDATE])
def test_every_scenario_is_known_by_its_name(scenario: Scenario) -> None:
    assert read(rtc.SimulateScenario(**{scenario.value: 1})) == Simulate(scenario=scenario, value=1)


@pytest.mark.parametrize(("asked", "played"), [(-1, 0), (3, 3), (10**9, SPEAK_AT_MOST_S)])
def test_nobody_speaks_for_ever(asked: int, played: int) -> None:
    order = read(rtc.SimulateScenario(speaker_update=asked))
    assert order == Simulate(scenario=Scenario.SPEAKER_UPDATE, value=played)


def test_what_is_not_played_here_is_nothing() -> None:
    assert read(rtc.SimulateScenario()) is None
    assert read(rtc.SimulateScenario(switch_candidate_protocol=rtc.CandidateProtocol.TCP)) is None


def test_a_client_that_is_asked_back_keeps_its_place() -> None:
    session = an_open_session()
    reply, last = session.ask_back(LeaveReason.CONNECTION_TIMEOUT)
    assert isinstance(reply, Reply)
    assert reply.response.leave.action == rtc.LeaveRequest.Action.RESUME
    assert reply.response.leave.can_reconnect
    assert isinstance(last, HangUp)
    assert session.state is SessionState.AWAY
    assert session.handle(rtc.SignalRequest(ping=1), 0.0) == []
    assert session.ask_back(LeaveReason.CONNECTION_TIMEOUT) == []
    assert session.left(LeaveReason.PARTICIPANT_REMOVED) == []


def test_a_dropped_line_says_nothing() -> None:
    session = an_open_session()
    assert [type(effect) for effect in session.drop()] == [HangUp]
    assert session.state is SessionState.AWAY
