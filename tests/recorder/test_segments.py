"""Segments: about two seconds, from key frame to key frame, exact on the clock, holes cut out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.media import Frame, VideoConfig
from recorder.segments import LONGEST_S, PICTURE_S, Segment, Segmenter

H264 = VideoConfig("h264", 320, 180, (b"\x67\x42\xc0\x1f",), (b"\x68\xce",))
VP8 = VideoConfig("vp8", 320, 180)


def frames(start_s: float, end_s: float, *, key_every: float = 1.0, config: VideoConfig = H264) -> list[Frame]:
    count = round((end_s - start_s) * 10)
    step = round(key_every * 10)
    return [Frame(start_s + n / 10, b"%d" % n, n % step == 0, config) for n in range(count)]


def push_all(segmenter: Segmenter, given_frames: list[Frame]) -> list[Segment]:
    return [segment for frame in given_frames for segment in segmenter.push(frame)]


def test_segments_of_two_seconds_join_without_a_seam() -> None:
    segmenter = Segmenter()
    got = push_all(segmenter, frames(37, 45)) + segmenter.cut(45)

    assert [(s.start_s, s.duration_s) for s in got] == [(37, 2), (39, 2), (41, 2), (43, 2)]
    assert all(s.starts_with_key for s in got)
    assert not any(s.is_discontinuous for s in got)
    assert [s.index for s in got] == [0, 1, 2, 3]


def test_without_key_frames_a_segment_goes_on_for_a_while_and_is_then_continued() -> None:
    segmenter = Segmenter()
    got = push_all(segmenter, frames(0, 20, key_every=100)) + segmenter.cut(20)

    assert [s.duration_s for s in got] == [LONGEST_S, 20 - LONGEST_S]
    assert [s.starts_with_key for s in got] == [True, False]


def test_after_a_cut_only_a_key_frame_starts_again() -> None:
    segmenter = Segmenter()
    push_all(segmenter, frames(0, 1))
    (first,) = segmenter.cut(1.3)
    got = push_all(segmenter, frames(5.1, 9, key_every=2)[10:]) + segmenter.cut(9)

    assert abs(first.duration_s - 1.3) < 1e-9
    assert got[0].start_s == 7.1 and got[0].is_discontinuous


def test_a_new_configuration_starts_a_new_segment_at_once() -> None:
    segmenter = Segmenter()
    got = push_all(segmenter, frames(0, 0.5)) + push_all(segmenter, frames(0.5, 1, config=VP8)) + segmenter.cut(1)

    assert [s.config for s in got] == [H264, VP8]
    assert got[0].duration_s == 0.5 and got[1].timescale == 1000


def test_a_picture_stays_until_the_next_unless_that_is_far() -> None:
    still, moving = Segmenter(), Segmenter(longest_picture_s=5)
    for segmenter in (still, moving):
        segmenter.push(Frame(1.0, b"a", True, H264))
    (held,) = still.push(Frame(31.0, b"b", True, H264))
    (cut,) = moving.push(Frame(31.0, b"b", True, H264))

    assert held.duration_s == 30
    assert abs(cut.duration_s - PICTURE_S) < 1e-9
    assert moving.cut(32)[0].is_discontinuous and not still.cut(32)[0].is_discontinuous


def test_a_cut_without_a_picture_makes_nothing() -> None:
    assert Segmenter().cut(5) == []


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(-0.5, 8), st.booleans(), st.sampled_from([H264, VP8])), max_size=40))
def test_whatever_comes_segments_never_overlap(steps: list[tuple[float, bool, VideoConfig]]) -> None:
    segmenter = Segmenter(longest_picture_s=5)
    at_s = 0.0
    got: list[Segment] = []
    for step, is_key, config in steps:
        at_s += step
        got += segmenter.push(Frame(max(0.0, at_s), b"x", is_key, config))
    got += segmenter.cut(at_s + 0.5)

    assert sum(len(s.samples) for s in got) <= len(steps)
    assert not got or got[0].starts_with_key
    for before, after in zip(got, got[1:], strict=False):
        assert after.start_s >= before.start_s + before.duration_s - 0.002
        assert after.is_discontinuous or after.starts_with_key or after.config == before.config
