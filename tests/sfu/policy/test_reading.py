"""Reading a peer's data at a bounded rate."""

import pytest

from sfu.policy.reading import BYTES_AT_ONCE, MESSAGES_AT_ONCE, MESSAGES_PER_S, ReadingPace


def test_a_burst_is_read_at_once():
    assert ReadingPace(0).owed_s(int(MESSAGES_AT_ONCE), 1000, 0) == 0


def test_a_flood_is_read_at_the_rate():
    pace, now = ReadingPace(0), 0.0
    for _ in range(2000):
        now += pace.owed_s(1, 10, now)
    assert now == pytest.approx((2000 - MESSAGES_AT_ONCE) / MESSAGES_PER_S)


def test_large_messages_count_by_their_size():
    pace = ReadingPace(0)
    assert pace.owed_s(1, int(BYTES_AT_ONCE), 0) == 0
    assert pace.owed_s(1, 2 * 1024 * 1024, 0) == pytest.approx(1)


def test_a_pause_gives_back_no_more_than_a_burst():
    pace = ReadingPace(0)
    pace.owed_s(int(MESSAGES_AT_ONCE), 0, 0)
    assert pace.owed_s(int(MESSAGES_AT_ONCE), 0, 3600) == 0
    assert pace.owed_s(1, 0, 3600) > 0


def test_a_clock_that_steps_back_takes_nothing():
    pace = ReadingPace(100)
    assert pace.owed_s(1, 0, 50) == 0
