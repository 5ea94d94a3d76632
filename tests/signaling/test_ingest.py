"""What a WHIP offer is read as, case by case."""

import pytest

from sfu.config import Permission
from sfu.media import Kind, Quality, Source
from signaling.session.admission import Refusal
from signaling.session.ingest import Ingest, read_ingest
from tests.sfu.builders import a_description, a_video_section, an_audio_section

ALL = Permission()
LAYERS = ("a=rid:h send", "a=rid:f send", "a=simulcast:send h;f")


def described(*sections: str) -> str:
    return a_description(*sections).replace("a=ice-ufrag:abcd", "a=ice-ufrag:abcd\r\na=ice-pwd:" + "p" * 22)


def status_of(sdp: str, permission: Permission = ALL, source: str = "") -> int:
    with pytest.raises(Refusal) as refusal:
        read_ingest(sdp, permission, source)
    return refusal.value.status


def ingest(*sections: str, source: str = "") -> Ingest:
    return read_ingest(described(*sections), ALL, source)


@pytest.mark.parametrize(
    ("source", "sources"),
    [
        ("", [Source.MICROPHONE, Source.CAMERA]),
        ("camera", [Source.MICROPHONE, Source.CAMERA]),
        ("screen_share", [Source.SCREEN_SHARE_AUDIO, Source.SCREEN_SHARE]),
    ],
)
def test_one_picture_and_one_sound_become_two_tracks(source: str, sources: list[Source]) -> None:
    read = ingest(an_audio_section("0", "sendonly"), a_video_section("1", "sendonly"), source=source)
    assert [(track.kind, track.source) for track in read.tracks] == list(
        zip((Kind.AUDIO, Kind.VIDEO), sources, strict=True)
    )
    assert all(track.layers == () for track in read.tracks)
    assert len({track.stream for track in read.tracks}) == 1
    assert read.offer.mids == ("0", "1")


def test_layers_are_counted_though_their_sizes_are_not_known() -> None:
    (track,) = ingest(a_video_section("1", "sendonly", *LAYERS)).tracks
    assert [(layer.quality, layer.width) for layer in track.layers] == [(Quality.LOW, 0), (Quality.MEDIUM, 0)]


def test_what_is_only_received_is_no_track() -> None:
    read = ingest(an_audio_section("0", "recvonly"), a_video_section("1", "sendrecv"))
    assert [track.kind for track in read.tracks] == [Kind.VIDEO]


def test_refusals_say_whose_fault_it_is() -> None:
    both = described(an_audio_section("0", "sendonly"), a_video_section("1", "sendonly"))
    assert status_of("hello") == 400
    assert status_of(both, source="window") == 400
    assert status_of(both, Permission(can_publish=False)) == 403
    assert status_of(both, Permission(can_publish_sources=frozenset({Source.CAMERA}))) == 403
    assert status_of(both, Permission(can_publish_sources=frozenset({Source.SCREEN_SHARE}))) == 403
    assert status_of(described(*(a_video_section(str(mid), "sendonly") for mid in range(2)))) == 406
    assert status_of(described(an_audio_section("0", "recvonly"))) == 422
    assert status_of(described(a_video_section("0", "sendonly").replace("VP8", "x").replace("H264", "y"))) == 422


def test_who_may_only_share_a_screen_sends_one() -> None:
    only = Permission(can_publish_sources=frozenset({Source.SCREEN_SHARE}))
    read = read_ingest(described(a_video_section("1", "sendonly")), only, "screen_share")
    assert [track.source for track in read.tracks] == [Source.SCREEN_SHARE]
