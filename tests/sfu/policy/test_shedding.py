"""R21: when the media threads have no time left, videos give way step by step and come back by themselves."""

import pytest

from sfu.policy.layers import rung_of
from sfu.policy.shedding import MOST_STEPS, SECONDS_TO_GIVE, SECONDS_TO_TAKE, Shedding, best_rung


def overloaded() -> Shedding:
    shedding = Shedding()
    for _ in range(MOST_STEPS * SECONDS_TO_TAKE + 10):
        shedding.note(1.0)
    assert shedding.steps == MOST_STEPS
    return shedding


def test_one_busy_second_takes_nothing() -> None:
    shedding = Shedding()
    for _ in range(30):
        assert not shedding.note(1.0)
        assert not shedding.note(0.5)
    assert shedding.steps == 0


def test_lasting_load_takes_one_step_at_a_time_until_it_fits() -> None:
    shedding, seen = Shedding(), []
    for _ in range(20):
        # each step takes a tenth of the load away
        shedding.note(1.04 - 0.1 * shedding.steps)
        seen.append(shedding.steps)
    assert seen == [0, 1, 1] + [2] * 17, seen


def test_neither_busy_nor_calm_changes_nothing() -> None:
    shedding = overloaded()
    assert not any(shedding.note(0.75) for _ in range(100))


def test_everything_is_back_within_a_minute_of_calm() -> None:
    shedding = overloaded()
    # even after relapses
    for _ in range(5):
        for busy in [0.1] * 16 + [1.0] * 12:
            shedding.note(busy)
    for _ in range(60):
        shedding.note(0.3)
    assert shedding.steps == 0


def test_what_came_back_too_early_comes_back_later_the_next_time() -> None:
    shedding = Shedding()
    waits = []
    for _ in range(4):
        for _ in range(SECONDS_TO_TAKE):
            shedding.note(0.95)
        assert shedding.steps == 1
        waits.append(next(second for second in range(1, 100) if shedding.note(0.6)))
    assert waits == [SECONDS_TO_GIVE, 2 * SECONDS_TO_GIVE, 15, 15]


@pytest.mark.parametrize(
    ("layers", "rungs"),
    [(3, [8, 5, 2, 1, 0]), (2, [5, 2, 1, 0, 0]), (1, [2, 1, 0, 0, 0])],
)
def test_layers_go_first_then_pictures_a_second(layers: int, rungs: list[int]) -> None:
    assert [best_rung(layers, steps) for steps in range(MOST_STEPS + 1)] == rungs
    assert rungs[0] == rung_of(layers - 1)
