"""Playlists as HLS players and ours read them."""

from recorder.playlist import CONTINUES, Entry, entry_lines, playlist, wall_time
from tests.support.journal import ZERO_MS


def an_entry(n: int, *, init: str = "init-0.mp4", gap: bool = False, key: bool = True) -> Entry:
    return Entry(f"{n:05d}.m4s", init, 2.0 * n, 2.0, gap, key)


def lines(*entries: Entry) -> str:
    befores = [None, *entries[:-1]]
    return "".join(entry_lines(e, b, ZERO_MS) for e, b in zip(entries, befores, strict=True))


def test_segments_state_their_wall_time_and_length() -> None:
    assert lines(an_entry(0), an_entry(1)).splitlines() == [
        '#EXT-X-MAP:URI="init-0.mp4"',
        f"#EXT-X-PROGRAM-DATE-TIME:{wall_time(ZERO_MS, 0)}",
        "#EXTINF:2.000,",
        "00000.m4s",
        f"#EXT-X-PROGRAM-DATE-TIME:{wall_time(ZERO_MS, 2)}",
        "#EXTINF:2.000,",
        "00001.m4s",
    ]


def test_a_hole_is_a_discontinuity_and_a_new_init_is_mapped() -> None:
    text = lines(an_entry(0), an_entry(5, gap=True), an_entry(6, init="init-1.webm"))

    assert text.count("#EXT-X-DISCONTINUITY") == 2
    assert text.count("#EXT-X-MAP") == 2


def test_a_segment_without_a_key_frame_says_so() -> None:
    assert CONTINUES in lines(an_entry(0), an_entry(1, key=False))
    assert CONTINUES not in lines(an_entry(0), an_entry(1))


def test_a_list_grows_as_event_and_ends_as_vod() -> None:
    entries = [an_entry(0), Entry("00001.m4s", "init-0.mp4", 2, 5.2, False, True)]

    growing = playlist(lines(*entries), entries, is_ended=False)
    ended = playlist(lines(*entries), entries, is_ended=True)

    assert "PLAYLIST-TYPE:EVENT" in growing and "ENDLIST" not in growing
    assert "PLAYLIST-TYPE:VOD" in ended and ended.endswith("#EXT-X-ENDLIST\n")
    assert "#EXT-X-TARGETDURATION:6" in growing


def test_wall_time_is_utc_with_milliseconds() -> None:
    assert wall_time(1_790_000_000_123, 37.5) == "2026-09-21T14:13:57.623Z"
    assert wall_time(0, 0) == "1970-01-01T00:00:00.000Z"
