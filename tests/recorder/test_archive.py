"""archive.json: gaps joined, names told, shape stable."""

import json

from recorder.archive import Contents, State, document
from recorder.media import Frame, VideoConfig
from recorder.renditions import VideoRendition
from recorder.tracks import Gap


def test_gaps_that_follow_closely_are_one() -> None:
    contents = Contents()
    contents.add_gap(Gap(1.0, 0.5, "packet_loss"), "audio")
    contents.add_gap(Gap(1.8, 0.5, "packet_loss"), "audio")
    contents.add_gap(Gap(1.9, 0.5, "packet_loss"), "screen")
    contents.add_gap(Gap(9.0, 0.5, "packet_loss"), "audio")

    assert [(e.rendition, e.gap.start_s, round(e.gap.length_s, 3)) for e in contents.gaps] == [
        ("audio", 1.0, 1.3),
        ("screen", 1.9, 0.5),
        ("audio", 9.0, 0.5),
    ]


def test_a_gap_inside_another_makes_it_no_shorter() -> None:
    contents = Contents()
    contents.add_gap(Gap(1.0, 5.0, "packet_loss"), "audio")
    contents.add_gap(Gap(2.0, 0.5, "packet_loss"), "audio")

    assert [(e.gap.start_s, e.gap.length_s) for e in contents.gaps] == [(1.0, 5.0)]


def test_the_document_lists_only_renditions_with_segments() -> None:
    empty, shown = VideoRendition("screen", "video", 0), VideoRendition("camera-1", "video", 0)
    config = VideoConfig("vp8", 320, 180)
    for n in range(30):
        shown.push(Frame(n / 10, bytes(1000), n % 10 == 0, config))
    shown.cut(3.0)

    made = json.loads(document(Contents(state=State.READY), [empty, shown], [(5.0, "t.jpg")], 7))

    (rendition,) = made["renditions"]
    assert rendition == {
        "id": "camera-1",
        "kind": "video",
        "mime": 'video/webm; codecs="vp8"',
        "container": "webm",
        "playlist": "camera-1/index.m3u8",
        "bandwidth": 80_000,
        "start_s": 0.0,
        "end_s": 3.0,
        "inits": [{"file": "init-0.webm", "mime": 'video/webm; codecs="vp8"'}],
    }
    assert made["state"] == "ready" and made["updated_ms"] == 7
    assert made["thumbnails"] == {"interval_s": 5, "files": [{"at_s": 5.0, "file": "t.jpg"}]}


def test_only_live_is_not_final() -> None:
    assert [state.is_final for state in State] == [False, True, True, True]
