"""How good a connection is said to be: from loss and delay, and LOST only when nothing is heard any more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.ids import ParticipantSid
from sfu.media import ConnectionQuality
from sfu.policy.quality import LOST_AFTER_S, MIN_PACKETS, WINDOW_S, Meter, Qualities, Sample, score_of

AN, BINH = ParticipantSid("PA_an"), ParticipantSid("PA_binh")
EXCELLENT, GOOD, POOR, LOST = (
    ConnectionQuality.EXCELLENT,
    ConnectionQuality.GOOD,
    ConnectionQuality.POOR,
    ConnectionQuality.LOST,
)


class Line:
    """A stay whose windows follow one another."""

    def __init__(self):
        self.meter = Meter()
        self.flows = {"up": (0, 0), "down": (0, 0)}
        self.now, self.heard = 0.0, 0
        self.look()

    def window(self, *, up=(500, 0), down=(500, 0), rtt_ms=20.0, heard=True):
        for key, (packets, lost) in (("up", up), ("down", down)):
            self.flows[key] = (self.flows[key][0] + packets, self.flows[key][1] + lost)
        self.now += WINDOW_S
        self.heard += heard
        return self.look(rtt_ms)

    def look(self, rtt_ms=None):
        sample = Sample(flows=dict(self.flows), rtt_ms=rtt_ms, heard=self.heard)
        return self.meter.observe(sample, self.now).quality


@pytest.mark.parametrize(
    ("loss", "rtt_ms", "quality"),
    [
        (0.0, None, EXCELLENT),
        (0.01, 50, EXCELLENT),
        (0.03, 50, GOOD),
        (0.10, 50, POOR),
        (1.0, 50, POOR),
        (0.0, 300, EXCELLENT),
        (0.0, 700, GOOD),
        (0.0, 2000, POOR),
    ],
)
def test_loss_and_delay_make_the_quality(loss, rtt_ms, quality):
    line = Line()
    assert line.window(down=(1000, int(1000 * loss)), rtt_ms=rtt_ms) is quality


def test_the_worse_direction_counts():
    assert Line().window(up=(1000, 100)) is POOR
    assert Line().window(down=(1000, 100)) is POOR


def test_it_falls_at_once_and_recovers_over_some_windows():
    line = Line()
    assert line.window(up=(1000, 200)) is POOR
    assert [line.window() for _ in range(3)] == [GOOD, EXCELLENT, EXCELLENT]


def test_a_handful_of_packets_says_nothing():
    assert Line().window(up=(MIN_PACKETS - 1, MIN_PACKETS - 1)) is EXCELLENT


def test_what_was_lost_before_the_first_look_is_the_past():
    meter = Meter()
    assert meter.observe(Sample(flows={"up": (1000, 500)}, rtt_ms=None, heard=1), 0).quality is EXCELLENT


def test_tracks_that_come_and_go_are_no_loss():
    meter = Meter()
    for flows in ({"a": (900, 0)}, {"b": (10_000, 4000)}, {}, {"a": (5, 5), "b": (10_000, 4000)}):
        assert meter.observe(Sample(flows=flows, rtt_ms=None, heard=1), 0).quality is EXCELLENT


def test_silence_is_not_lost_before_ten_seconds_and_passes_when_something_is_heard():
    line = Line()
    nothing = {"up": (0, 0), "down": (0, 0), "heard": False}
    assert [line.window(**nothing) for _ in range(4)] == [EXCELLENT, EXCELLENT, LOST, LOST]
    assert line.window() is EXCELLENT


def test_a_line_without_media_that_is_heard_is_excellent():
    line = Line()
    assert {line.window(up=(0, 0), down=(0, 0)) for _ in range(20)} == {EXCELLENT}


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 2000), st.floats(0, 9000), st.floats(0.1, LOST_AFTER_S))))
def test_who_is_heard_is_never_lost(story):
    """Whatever the counters say, even backwards."""
    meter, now = Meter(), 0.0
    for heard, (packets, lost, rtt_ms, pause) in enumerate(story):
        now += pause
        measured = meter.observe(Sample(flows={"up": (packets, lost)}, rtt_ms=rtt_ms, heard=heard), now)
        assert measured.quality is not LOST and 0 <= measured.score <= 100


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 5000), st.floats(0, 5000))
def test_more_loss_or_delay_is_never_better(loss, other_loss, rtt_ms, other_rtt_ms):
    worse = score_of(max(loss, other_loss), max(rtt_ms, other_rtt_ms))
    assert worse <= score_of(loss, rtt_ms)


def a_sample(lost=0, heard=1):
    return Sample(flows={"up": (lost and 1000, lost)}, rtt_ms=None, heard=heard)


def test_only_changes_are_told_to_each_reader():
    room = Qualities()
    room.observe({AN: a_sample(), BINH: a_sample()}, 0)
    assert [(sid, one.quality) for sid, one in room.news(AN, (AN, BINH))] == [(AN, EXCELLENT), (BINH, EXCELLENT)]
    assert room.news(AN, (AN, BINH)) == ()
    room.observe({AN: a_sample(), BINH: a_sample(lost=300)}, 5)
    assert [(sid, one.quality) for sid, one in room.news(AN, (AN, BINH))] == [(BINH, POOR)]
    assert [sid for sid, _ in room.news(BINH, (BINH,))] == [BINH]


def test_who_left_is_forgotten_and_not_told_of():
    room = Qualities()
    room.observe({AN: a_sample(), BINH: a_sample()}, 0)
    room.news(AN, (AN, BINH))
    room.observe({AN: a_sample()}, 5)
    assert room.news(AN, (AN, BINH)) == ()
    room.observe({AN: a_sample(), BINH: a_sample()}, 10)
    assert [sid for sid, _ in room.news(AN, (AN, BINH))] == [BINH]
