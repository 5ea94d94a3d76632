"""R21: when the media threads have no time left, videos give way step by step and come back by themselves."""

from collections.abc import Callable

import pytest

from sfu.policy.layers import rung_of
from sfu.policy.shedding import MOST_STEPS, Shedding, best_rung

# what is left of the load of three layers after each step
LEFT = (1.0, 0.35, 0.2, 0.18, 0.17)


def changes(shedding: Shedding, seconds: int, demand: Callable[[int], float]) -> list[int]:
    """The steps in force after each second; `demand` says how busy the node were if it had all the time it wants."""
    found = []
    for _ in range(seconds):
        shedding.note(min(demand(shedding.steps), 1.0))
        found.append(shedding.steps)
    return found


def overloaded() -> Shedding:
    shedding = Shedding()
    changes(shedding, 20, lambda steps: 1.0)
    assert shedding.steps == MOST_STEPS
    return shedding


def test_one_busy_second_takes_nothing() -> None:
    shedding = Shedding()
    for _ in range(30):
        assert not shedding.note(1.0)
        assert not shedding.note(0.5)
    assert shedding.steps == 0


def test_lasting_load_takes_one_step_at_a_time_until_it_fits() -> None:
    seen = changes(Shedding(), 20, lambda steps: 1.04 - 0.1 * steps)
    assert seen == [0, 1, 1] + [2] * 17, seen


def test_neither_busy_nor_calm_changes_nothing() -> None:
    assert set(changes(overloaded(), 100, lambda steps: 0.78)) == {MOST_STEPS}


@pytest.mark.parametrize("load", [0.9, 1.0, 1.5, 2.5])
def test_a_load_that_stays_is_tried_seldom_and_less_and_less_often(load: float) -> None:
    seen = changes(Shedding(), 600, lambda steps: load * LEFT[steps])
    turns = [second for second, (one, two) in enumerate(zip(seen, seen[1:], strict=False)) if one != two]
    assert turns[0] <= 3
    # there, and back a few times to see whether it has gone
    tries = turns[max(seen) :]
    assert len(tries) <= 12, turns
    assert not [second for second in tries if second < 35], "what is known to be too much is not tried"
    busy_seconds = sum(load * LEFT[steps] > 1 for steps in seen)
    assert busy_seconds <= 14, busy_seconds


@pytest.mark.parametrize("load", [1.0, 1.5, 3.0])
def test_everything_is_back_within_a_minute_after_the_load_has_gone(load: float) -> None:
    for duration in (10, 50, 130, 300):
        shedding = Shedding()
        changes(shedding, duration, lambda steps: load * LEFT[steps])
        seen = changes(shedding, 60, lambda steps: 0.4 * load * LEFT[steps] if load < 2 else 0.2 * LEFT[steps])
        assert seen[-1] == 0, (duration, seen)


def test_a_step_back_that_was_too_early_is_taken_within_a_second() -> None:
    shedding = overloaded()
    while shedding.steps == MOST_STEPS:
        shedding.note(0.1)
    assert shedding.note(0.9)
    assert shedding.steps == MOST_STEPS


def test_what_is_left_is_another_load_than_what_was_learnt_of() -> None:
    shedding = Shedding()
    changes(shedding, 30, lambda steps: 0.9 * LEFT[steps])
    assert shedding.steps == 1
    # the videos have gone, half of the time goes elsewhere
    seen = changes(shedding, 60, lambda steps: 0.5)
    assert seen[-1] == 0


@pytest.mark.parametrize(
    ("layers", "rungs"),
    [(3, [8, 5, 2, 1, 0]), (2, [5, 2, 1, 0, 0]), (1, [2, 1, 0, 0, 0])],
)
def test_layers_go_first_then_pictures_a_second(layers: int, rungs: list[int]) -> None:
    assert [best_rung(layers, steps) for steps in range(MOST_STEPS + 1)] == rungs
    assert rungs[0] == rung_of(layers - 1)
