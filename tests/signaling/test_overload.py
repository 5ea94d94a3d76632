"""When newcomers are told to come again."""

from signaling.api.capacity import RESERVED_FILES, Capacity
from signaling.session.overload import SECONDS_TO_ADMIT, SECONDS_TO_REFUSE, Overload


def test_one_busy_second_refuses_nobody() -> None:
    overload = Overload()
    for _ in range(20):
        assert not overload.note(1.0)
        assert not overload.note(0.5)
    assert not overload.is_overloaded


def test_lasting_load_refuses_and_lasting_calm_admits_again() -> None:
    overload = Overload()
    assert [overload.note(0.95) for _ in range(SECONDS_TO_REFUSE)][-1] and overload.is_overloaded
    for _ in range(20):
        assert not overload.note(0.85), "neither too busy nor calm"
    assert [overload.note(0.1) for _ in range(SECONDS_TO_ADMIT)][-1] and not overload.is_overloaded


def test_calm_that_is_broken_begins_anew() -> None:
    overload = Overload()
    for _ in range(SECONDS_TO_REFUSE):
        overload.note(1.0)
    for _ in range(10):
        for busy in [0.1] * (SECONDS_TO_ADMIT - 1) + [0.8]:
            assert not overload.note(busy)
    assert overload.is_overloaded


def test_descriptors_are_kept_back_for_everything_else(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("resource.getrlimit", lambda _: (RESERVED_FILES + 10, 4096))
    capacity = Capacity(lambda busy: None)
    assert capacity.refusal(9) == ""
    assert "descriptor" in capacity.refusal(10)
