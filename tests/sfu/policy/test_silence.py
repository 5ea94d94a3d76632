"""A path is silent when nothing came for much longer than is usual for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.policy.silence import LEAST_S, PAUSE_MOST_S, WINDOW_S, Silence

START = 1_000


def silent_after(silence, heard):
    """Seconds from the end of the last heard one until it is noticed."""
    return next(late for late in range(100) if silence.observe(heard, heard + 1 + late))


def a_path(*, every_s, seconds=60):
    """One of which something was heard every so many seconds, and the last second in which it was."""
    silence, heard = Silence(), START
    for second in range(START, START + seconds + 1):
        heard = second if (second - START) % every_s == 0 else heard
        assert not silence.observe(heard, second + 0.9)
    return silence, heard


def test_of_what_was_never_heard_nothing_is_said():
    silence = Silence()
    assert not any(silence.observe(0, second) for second in range(START, START + 100))


@pytest.mark.parametrize(("every_s", "noticed_s"), [(1, 3), (2, 4), (3, 6), (5, 10), (6, 12)])
def test_silence_is_measured_by_what_is_usual(every_s, noticed_s):
    assert silent_after(*a_path(every_s=every_s)) == noticed_s


def test_sound_ends_it_and_the_next_one_is_noticed_as_early():
    silence, heard = a_path(every_s=1)
    assert silence.observe(heard, heard + 9)
    assert not silence.observe(heard + 12, heard + 12.5)
    assert silent_after(silence, heard + 12) == LEAST_S


def test_a_pause_of_long_ago_is_forgotten():
    silence, heard = a_path(every_s=4)
    for second in range(heard + 1, heard + 2 * WINDOW_S + 2):
        silence.observe(second, second + 0.5)
    assert silent_after(silence, second) == LEAST_S


@given(st.lists(st.integers(min_value=1, max_value=3), min_size=1, max_size=100))
def test_whoever_is_heard_every_few_seconds_is_never_silent(pauses):
    silence, heard = Silence(), START
    for pause in pauses:
        for second in range(heard, heard + pause):
            assert not silence.observe(heard, second + 0.99)
        heard += pause


def test_who_has_muted_and_is_heard_by_its_checks_only_is_taken_for_silent_once():
    for every_s in range(1, PAUSE_MOST_S):
        silence, heard = a_path(every_s=1)
        alarms, is_silent = 0, False
        for second in range(heard + 1, heard + 60):
            heard = second if second % every_s == 0 else heard
            was_silent, is_silent = is_silent, silence.observe(heard, second + 0.9)
            alarms += is_silent and not was_silent
        assert alarms <= 1, every_s
