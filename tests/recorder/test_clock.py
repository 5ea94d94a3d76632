"""The session clock: one count across runs, never back; and the cast that stays itself across stays."""

import pytest

from recorder.cast import Cast
from recorder.clock import SessionClock
from tests.support.journal import ZERO_MS


def a_clock() -> SessionClock:
    clock = SessionClock()
    clock.begin_run(ZERO_MS, is_first=True)
    return clock


def ns(at_s: float) -> int:
    return ZERO_MS * 1_000_000 + round(at_s * 1e9)


def test_seconds_count_from_the_first_run() -> None:
    clock = a_clock()

    assert clock.advance(ns(3.5)) == 3.5
    clock.begin_run(ZERO_MS + 60_000, is_first=False)
    assert clock.advance(ns(61.0)) == 61.0


def test_an_arrival_before_the_latest_is_placed_but_time_stays() -> None:
    clock = a_clock()
    clock.advance(ns(5.0))

    assert clock.advance(ns(4.6)) == 4.6
    assert clock.now_s == 5.0


def test_a_node_whose_wall_clock_was_set_back_goes_on_behind_what_was() -> None:
    clock = a_clock()
    clock.advance(ns(100.0))
    clock.begin_run(ZERO_MS + 1000, is_first=False)

    assert clock.advance(ns(1.0)) == 100.0
    assert clock.advance(ns(2.0)) == 101.0


@pytest.mark.parametrize(("at_ms", "zero_ms"), [(-5000, -5000), (0, 0), (1, 0), (-90_000_000, 0)])
def test_the_room_may_have_opened_before_its_recording(at_ms: int, zero_ms: int) -> None:
    clock = a_clock()
    clock.start_with_room(ZERO_MS + at_ms)

    assert clock.zero_ms == ZERO_MS + zero_ms


def test_each_tick_comes_once() -> None:
    clock = a_clock()
    ticks = []
    for at_s in (0.0, 0.05, 0.1, 0.35, 0.2):
        clock.advance(ns(at_s))
        ticks.append(clock.next_tick())

    assert ticks == [0, None, 1, 3, None]


def test_a_person_who_comes_back_keeps_their_camera_rendition() -> None:
    cast = Cast()
    assert cast.camera_of("ana", set()) == "camera-1"
    assert cast.camera_of("binh", {"camera-1"}) == "camera-2"

    assert cast.camera_of("ana", {"camera-2"}) == "camera-1"
    assert cast.camera_of("ana", {"camera-1", "camera-2"}) == "camera-3"


def test_the_stays_of_one_sid_share_a_clock() -> None:
    cast = Cast()

    assert cast.clock_of("PA_1") is cast.clock_of("PA_1")
    assert cast.clock_of("PA_1") is not cast.clock_of("PA_2")
