"""The session clock of streams: virtual time, sender reports, liars, drift, jumps."""

import random

from recorder.timeline import SenderClock, StreamClock, WindowMinimum

RATE = 90_000
BASE = 4_294_900_000


def a_clock(sender: SenderClock | None = None, rate: int = RATE) -> StreamClock:
    return StreamClock(rate, sender or SenderClock())


def stamp(at_s: float, rate: int = RATE) -> int:
    return (BASE + round(at_s * rate)) & 0xFFFFFFFF


def place(clock: StreamClock, at_s: float, arrival_s: float) -> float | None:
    number = clock.observe(stamp(at_s, clock.clock_rate), arrival_s)
    return None if number is None else clock.session_s(number)


def test_arrival_alone_places_media_across_the_wrap() -> None:
    clock = a_clock()
    for step in range(1000):
        at_s = step * 0.1
        placed = place(clock, at_s, at_s + 0.05)
        assert placed is not None and abs(placed - (at_s + 0.05)) < 0.001


def test_jitter_settles_on_the_fastest_packets() -> None:
    rng = random.Random(3)
    clock = a_clock()
    placed = [place(clock, s * 0.02, s * 0.02 + 0.03 + rng.expovariate(1 / 0.05)) for s in range(1000)]

    errors = [p - s * 0.02 - 0.03 for s, p in enumerate(placed) if p is not None]
    assert max(abs(e) for e in errors[500:]) < 0.005


def test_reports_align_the_streams_of_one_sender() -> None:
    sender = SenderClock()
    sound, picture = a_clock(sender, 48_000), a_clock(sender)
    for step in range(200):
        at_s = step * 0.1
        place(sound, at_s, at_s + 0.03)
        place(picture, at_s, at_s + 0.18)
        if step % 10 == 5:
            sound.observe_report(5e9 + at_s, stamp(at_s, 48_000), at_s + 0.03)
            picture.observe_report(5e9 + at_s, stamp(at_s), at_s + 0.03)

    heard, seen = place(sound, 20.0, 20.03), place(picture, 20.0, 20.18)
    assert heard is not None and seen is not None
    assert abs(heard - 20.03) < 0.005
    assert abs(seen - heard) < 0.005


def test_a_report_that_would_move_media_by_more_than_half_a_second_is_not_believed() -> None:
    clock = a_clock()
    for step in range(100):
        at_s = step * 0.1
        placed = place(clock, at_s, at_s + 0.05)
        if step == 50:
            # The report claims that this timestamp was captured 3 s before it was.
            clock.observe_report(1e9 + at_s - 3, stamp(at_s), at_s + 0.05)
            clock.observe_report(1e9 + at_s, stamp(at_s - 3), at_s + 0.05)
        assert placed is not None and abs(placed - at_s - 0.05) < 0.02


def test_a_client_whose_clock_is_years_off_is_placed_by_what_arrives() -> None:
    clock = a_clock()
    placed = None
    for step in range(100):
        at_s = step * 0.1
        placed = place(clock, at_s, at_s + 0.05)
        clock.observe_report(-1e9 + at_s, stamp(at_s), at_s + 0.05)

    assert placed is not None and abs(placed - 9.95) < 0.02


def test_a_client_that_sets_its_clock_mid_session_moves_nothing() -> None:
    clock = a_clock()
    for step in range(300):
        at_s = step * 0.1
        placed = place(clock, at_s, at_s + 0.05)
        offset = 1e9 if step < 150 else 1e9 + 7200
        if step % 20 == 0:
            clock.observe_report(offset + at_s, stamp(at_s), at_s + 0.05)
        assert placed is not None and abs(placed - at_s - 0.05) < 0.03


def test_drift_of_300_ppm_for_an_hour_stays_within_20_ms() -> None:
    for drift in (300e-6, -300e-6):
        clock = a_clock()
        worst = 0.0
        for step in range(36_000):
            at_s = step * 0.1
            placed = place(clock, at_s * (1 + drift), at_s + 0.05)
            assert placed is not None
            worst = max(worst, abs(placed - at_s - 0.05))
        assert worst < 0.02


def test_a_lone_wild_timestamp_is_dropped() -> None:
    clock = a_clock()
    place(clock, 0.0, 0.05)
    place(clock, 0.1, 0.15)
    assert clock.observe(stamp(0.2) ^ 0x40000000, 0.2) is None

    placed = place(clock, 0.3, 0.35)

    assert placed is not None and abs(placed - 0.35) < 0.01
    assert clock.resets == 0


def test_a_sender_that_begins_new_timestamps_is_followed() -> None:
    clock = a_clock()
    place(clock, 0.0, 0.05)
    place(clock, 0.1, 0.15)
    assert place(clock, 20_000.0, 0.25) is None

    placed = place(clock, 20_000.1, 0.35)

    assert placed is not None and abs(placed - 0.35) < 0.01
    assert clock.resets == 1


def test_a_mute_of_minutes_keeps_the_place_whether_timestamps_ran_on_or_not() -> None:
    for ran_on in (True, False):
        clock = a_clock()
        for step in range(50):
            place(clock, step * 0.02, step * 0.02 + 0.05)
        media_s = 601.0 if ran_on else 1.0
        placed = [place(clock, media_s + n * 0.02, 601.05 + n * 0.02) for n in range(3)]
        assert placed[2] is not None and abs(placed[2] - 601.09) < 0.05


def test_a_stalled_network_does_not_move_the_media() -> None:
    clock = a_clock()
    for step in range(100):
        place(clock, step * 0.1, step * 0.1 + 0.05)
    for step in range(100, 130):
        placed = place(clock, step * 0.1, 13.05)
        assert placed is not None and abs(placed - step * 0.1 - 0.05) < 0.02


def test_the_window_forgets_after_half_a_minute() -> None:
    window = WindowMinimum()
    window.add(1.0, 0.0)
    window.add(2.0, 20.0)
    assert window.value == 1.0
    window.add(2.0, 31.0)
    assert window.value == 2.0
    window.clear()
    assert window.value is None
