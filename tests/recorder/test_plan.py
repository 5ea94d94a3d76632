"""Who is shown: the loudest after a second, at a key frame, with others stepping in for a picture that is gone."""

from recorder.plan import HOLD_S, STALLED_S, ScreenPlan, SpeakerPlan


def a_plan(*, current: int | None = 1) -> SpeakerPlan:
    plan = SpeakerPlan()
    plan.open(1, "ana")
    plan.open(2, "binh")
    if current is not None:
        assert shows(plan, current, 0.0, is_key=True)
    return plan


def shows(plan: SpeakerPlan, track: int, at_s: float, *, is_key: bool = False) -> bool:
    return plan.shows(track, is_key=is_key, at_s=at_s, now=at_s)


def test_the_first_key_frame_is_shown() -> None:
    plan = a_plan(current=None)

    assert not shows(plan, 1, 0.0)
    assert shows(plan, 2, 0.1, is_key=True)
    assert not shows(plan, 1, 0.2, is_key=True)


def test_a_new_speaker_is_shown_at_a_key_frame_after_the_hold() -> None:
    plan = a_plan()
    assert shows(plan, 1, 5.0)
    plan.hear(("binh", "ana"), 5.0)

    assert not shows(plan, 2, 5.0 + HOLD_S / 2, is_key=True)
    assert not shows(plan, 2, 5.1 + HOLD_S)
    assert shows(plan, 1, 5.2 + HOLD_S)
    assert shows(plan, 2, 5.3 + HOLD_S, is_key=True)
    assert not shows(plan, 1, 5.4 + HOLD_S, is_key=True)


def test_a_cough_changes_nothing() -> None:
    plan = a_plan()
    plan.hear(("ana",), 0.5)
    plan.hear(("binh",), 5.0)
    plan.hear(("ana",), 5.3)
    assert shows(plan, 1, 8.9)

    assert not shows(plan, 2, 9.0, is_key=True)


def test_silence_keeps_the_last_speaker() -> None:
    plan = a_plan()
    plan.hear(("binh",), 1.0)
    plan.hear((), 3.0)
    assert shows(plan, 2, 3.1, is_key=True)
    plan.hear((), 5.0)

    assert shows(plan, 2, 60.0)
    assert not shows(plan, 1, 60.0, is_key=True)


def test_a_speaker_without_a_camera_leaves_the_picture_to_the_next_loudest() -> None:
    plan = a_plan()
    plan.hear(("chi", "binh"), 1.0)

    assert shows(plan, 2, 3.0, is_key=True)


def test_a_muted_camera_makes_room() -> None:
    plan = a_plan()

    assert plan.mute(1, True)
    assert not shows(plan, 1, 1.0, is_key=True)
    assert shows(plan, 2, 1.1, is_key=True)
    assert not plan.mute(1, False)


def test_a_closed_camera_makes_room() -> None:
    plan = a_plan()
    plan.hear(("ana",), 0.5)

    assert plan.close(1)
    assert not plan.close(1)
    assert shows(plan, 2, 2.0, is_key=True)


def test_a_stalled_picture_makes_room() -> None:
    plan = a_plan()
    assert shows(plan, 1, 10.0)

    assert not shows(plan, 2, 10.0 + STALLED_S, is_key=True)
    assert shows(plan, 2, 10.1 + STALLED_S, is_key=True)


def test_the_screen_opened_last_is_wanted() -> None:
    plan = ScreenPlan()
    plan.open(1, "ana")
    assert shows(plan, 1, 0.0, is_key=True)
    plan.open(2, "binh")

    assert shows(plan, 1, 1.0)
    assert shows(plan, 2, 1.1, is_key=True)
    assert not shows(plan, 1, 1.2, is_key=True)
    plan.close(2)
    assert shows(plan, 1, 2.0, is_key=True)
