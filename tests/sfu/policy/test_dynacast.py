"""What publishers are told to send: up at once, down after five seconds, never twice the same."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.ids import TrackSid
from sfu.media import Quality
from sfu.policy.dynacast import ALL, LOWER_AFTER_S, NOTHING, QUALITIES, Dynacast, level_of

CAM, SCREEN = TrackSid("TR_cam"), TrackSid("TR_screen")
LOW, MEDIUM = 1, 2


@pytest.mark.parametrize(
    ("encoding", "encodings", "level"),
    [(None, 3, NOTHING), (0, 0, NOTHING), (0, 3, LOW), (1, 3, MEDIUM), (2, 3, ALL), (0, 2, LOW), (1, 2, ALL)],
)
def test_the_best_encoding_counts_as_high(encoding, encodings, level):
    assert level_of(encoding, encodings) == level


def test_what_is_sent_from_the_start_is_not_told():
    dynacast = Dynacast()
    assert dynacast.want(CAM, ALL) is None
    assert dynacast.settle({CAM: ALL}, 0) == []
    assert not dynacast.unsettled()


def test_less_is_told_after_five_seconds():
    dynacast = Dynacast()
    dynacast.doubt([CAM])
    assert dynacast.settle({CAM: LOW}, 10) == []
    assert dynacast.unsettled() == {CAM}
    assert dynacast.settle({CAM: LOW}, 10 + LOWER_AFTER_S - 0.1) == []
    assert dynacast.settle({CAM: LOW}, 10 + LOWER_AFTER_S) == [(CAM, Quality.LOW)]
    assert not dynacast.unsettled()


def test_a_wish_for_more_is_told_at_once_and_once():
    dynacast = lowered(NOTHING)
    assert dynacast.want(CAM, LOW) is Quality.LOW
    assert dynacast.want(CAM, LOW) is None
    assert dynacast.want(CAM, ALL) is Quality.HIGH


def test_who_comes_back_in_time_changes_nothing():
    dynacast = Dynacast()
    dynacast.settle({CAM: NOTHING}, 10)
    assert dynacast.want(CAM, ALL) is None
    assert dynacast.settle({CAM: ALL}, 11) == []
    assert dynacast.settle({CAM: NOTHING}, 15.5) == []


def test_after_a_wait_the_newest_wish_is_told():
    dynacast = Dynacast()
    dynacast.settle({CAM: NOTHING}, 10)
    dynacast.settle({CAM: MEDIUM}, 12)
    assert dynacast.settle({CAM: MEDIUM}, 15) == [(CAM, Quality.MEDIUM)]


def test_nothing_wanted_is_off():
    assert lowered(NOTHING).want(CAM, NOTHING) is None
    assert QUALITIES[NOTHING] is Quality.OFF


def test_tracks_do_not_mix_and_a_forgotten_one_begins_anew():
    dynacast = lowered(LOW)
    assert dynacast.want(SCREEN, MEDIUM) is None
    dynacast.forget([CAM])
    assert dynacast.want(CAM, MEDIUM) is None
    assert dynacast.unsettled() == {CAM, SCREEN}


def lowered(level):
    dynacast = Dynacast()
    dynacast.settle({CAM: level}, 0)
    dynacast.settle({CAM: level}, LOWER_AFTER_S)
    return dynacast


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.1, 4))))
def test_a_publisher_never_sends_less_than_is_wanted(story):
    """And what it was told last is what is wanted once nothing changes any more."""
    dynacast, told, now = Dynacast(), [Quality.HIGH], 0.0
    for level, pause in story:
        raised = dynacast.want(CAM, level)
        told += [] if raised is None else [raised]
        told += [quality for _, quality in dynacast.settle({CAM: level}, now)]
        assert QUALITIES.index(told[-1]) >= level
        now += pause
    level = story[-1][0] if story else ALL
    for later in (now, now + LOWER_AFTER_S):
        told += [quality for _, quality in dynacast.settle({CAM: level}, later)]
    assert QUALITIES.index(told[-1]) == level
    assert all(one is not next_one for one, next_one in pairwise(told))


def test_a_stream_nobody_asked_for_yet_is_told_as_soon_as_somebody_does():
    dynacast = Dynacast()
    dynacast.expect_nothing(("TR_1", True))
    assert dynacast.told(("TR_1", True), ALL) == 0
    assert dynacast.want(("TR_1", True), 2) is Quality.MEDIUM
    dynacast.expect_nothing(("TR_1", True))
    assert dynacast.told(("TR_1", True), 0) == 2
    dynacast.forget([("TR_1", True)])
    assert dynacast.told(("TR_1", True), 0) == 0
