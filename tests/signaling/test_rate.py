"""How often something may happen."""

from signaling.session.rate import Rate


def test_a_burst_is_admitted_and_then_the_rate() -> None:
    rate = Rate(2.0, 2.0)
    assert [rate.admits(0.0) for _ in range(3)] == [True, True, False]
    assert [rate.admits(0.5) for _ in range(2)] == [True, False]


def test_rest_gives_no_more_than_the_burst() -> None:
    rate = Rate(10.0, 3.0)
    assert [rate.admits(1000.0) for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_goes_back_gives_nothing_and_breaks_nothing() -> None:
    rate = Rate(1.0, 1.0)
    assert rate.admits(100.0)
    assert not rate.admits(50.0)
    assert rate.admits(51.0)
