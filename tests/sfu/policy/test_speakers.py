"""Speaker levels: who is told to speak, how loud, and when that ends."""

from hypothesis import given
from hypothesis import strategies as st

from sfu.policy.speakers import Loudness, Speakers


def loud(sid="PA_a", dbov=15, packets=20):
    return Loudness(participant_sid=sid, loudest_dbov=dbov, active_packets=packets)


def test_loud_speech_is_told_once():
    speakers = Speakers()
    told = speakers.observe([loud()])
    assert [(each.participant_sid, each.is_active) for each in told] == [("PA_a", True)]
    assert told[0].level == 0.125
    for _ in range(5):
        later = speakers.observe([loud()])
    assert later == []


def test_less_than_forty_percent_is_noise():
    assert Speakers().observe([loud(packets=7)]) == []
    assert Speakers().observe([loud(packets=8)]) != []


def test_a_quiet_microphone_does_not_speak():
    assert Speakers().observe([loud(dbov=60, packets=0)]) == []


def test_silence_ends_speech_within_two_seconds_and_is_told_once():
    speakers = Speakers()
    for _ in range(3):
        speakers.observe([loud(dbov=5)])
    told = [each for _ in range(5) for each in speakers.observe([])]
    ended = [each for each in told if not each.is_active]
    assert [(each.participant_sid, each.level) for each in ended] == [("PA_a", 0.0)]
    assert speakers.observe([]) == []


def test_the_loudest_comes_first():
    speakers = Speakers()
    told = speakers.observe([loud("PA_quiet", 25), loud("PA_loud", 3)])
    assert [each.participant_sid for each in told] == ["PA_loud", "PA_quiet"]
    assert speakers.loudest_first() == ["PA_loud", "PA_quiet"]


def test_who_left_is_forgotten_silently():
    speakers = Speakers()
    speakers.observe([loud()])
    speakers.forget("PA_a")
    assert speakers.observe([]) == []


WINDOWS = st.lists(
    st.lists(
        st.builds(
            Loudness,
            participant_sid=st.sampled_from(["PA_a", "PA_b", "PA_c"]),
            loudest_dbov=st.integers(0, 127),
            active_packets=st.integers(0, 30),
        ),
        unique_by=lambda each: each.participant_sid,
    )
)


@given(WINDOWS)
def test_what_was_told_adds_up_to_who_speaks(windows):
    speakers = Speakers()
    active = {}
    for window in windows:
        for told in speakers.observe(window):
            assert 0 <= told.level <= 1 and told.level * 8 == int(told.level * 8)
            if told.is_active:
                active[told.participant_sid] = told.level
            else:
                del active[told.participant_sid]
    assert set(active) == set(speakers.loudest_first())
