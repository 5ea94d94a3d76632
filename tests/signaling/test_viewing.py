"""What a player is shown of a room, decision by decision."""

from typing import Any

import pytest

from sfu.config import ParticipantInfo, Permission
from sfu.ids import ParticipantSid, TrackSid
from sfu.media import Codec, Kind, Source, TrackInfo
from signaling.session.viewing import DWELL_S, Player, Switch, Viewing
from tests.signaling.builders import a_participant, a_track

ONE_OF_EACH = {Kind.VIDEO: 1, Kind.AUDIO: 1}
ALL_CODECS = frozenset(Codec)


def camera(owner: str, **changes: Any) -> TrackInfo:
    return a_track(owner, sid=TrackSid(f"TR_camera_{owner}"), **changes)


def screen(owner: str, **changes: Any) -> TrackInfo:
    return a_track(owner, sid=TrackSid(f"TR_screen_{owner}"), source=Source.SCREEN_SHARE, **changes)


def sound(owner: str, source: Source = Source.MICROPHONE, **changes: Any) -> TrackInfo:
    sid = TrackSid(f"TR_{source}_{owner}")
    return a_track(owner, sid=sid, kind=Kind.AUDIO, source=source, codec=Codec.OPUS, **changes)


def somebody(name: str, *tracks: TrackInfo, **changes: Any) -> ParticipantInfo:
    return a_participant(name, tracks=tracks, **changes)


def speaking(*names: str) -> dict[ParticipantSid, float]:
    """The first is the loudest."""
    return {ParticipantSid(f"PA_{name}"): 1 - index / 10 for index, name in enumerate(names)}


def look(viewing: Viewing, people: list[ParticipantInfo], levels: dict[ParticipantSid, float], now: float) -> Switch:
    """Everybody shows everything."""
    return viewing.look(people, levels, now, {track.sid for one in people for track in one.tracks})


def view(**narrowed: Any) -> Viewing:
    return Viewing(Player(**({"slots": ONE_OF_EACH, "codecs": ALL_CODECS} | narrowed)))


def shown(viewing: Viewing) -> list[str]:
    return sorted(sid for sids in viewing.shown.values() for sid in sids)


AN = somebody("an", camera("an"), sound("an"))
BINH = somebody("binh", camera("binh"), sound("binh"))
CUC = somebody("cuc", camera("cuc"), sound("cuc"))


def test_the_first_who_came_is_shown_while_nobody_speaks() -> None:
    viewing = view()
    assert look(viewing, [AN, BINH], {}, 10) == Switch(gone=(), fresh=("TR_microphone_an", "TR_camera_an"))
    assert look(viewing, [AN, BINH], {}, 20) == Switch(gone=(), fresh=())


def test_who_speaks_is_shown_and_stays_when_the_room_is_quiet() -> None:
    viewing = view()
    look(viewing, [AN, BINH], {}, 10)
    look(viewing, [AN, BINH], speaking("binh"), 20)
    assert shown(viewing) == ["TR_camera_binh", "TR_microphone_binh"]
    assert look(viewing, [AN, BINH], {}, 30) == Switch(gone=(), fresh=())


def test_who_was_first_to_speak_stays_when_a_louder_one_falls_in() -> None:
    viewing = view()
    look(viewing, [AN, BINH], speaking("an"), 10)
    look(viewing, [AN, BINH], speaking("binh", "an"), 20)
    assert shown(viewing) == ["TR_camera_an", "TR_microphone_an"]


def test_a_picture_stays_for_a_moment_but_the_sound_follows_at_once() -> None:
    viewing = view()
    look(viewing, [AN, BINH], {}, 10)
    look(viewing, [AN, BINH], speaking("binh"), 10.5)
    assert shown(viewing) == ["TR_camera_an", "TR_microphone_binh"]
    assert viewing.is_waiting
    look(viewing, [AN, BINH], speaking("binh"), 10 + DWELL_S)
    assert shown(viewing) == ["TR_camera_binh", "TR_microphone_binh"]
    assert not viewing.is_waiting


def test_a_screen_comes_before_all_and_at_once() -> None:
    viewing = view()
    look(viewing, [AN, BINH], speaking("an"), 10)
    sharing = somebody("binh", camera("binh"), screen("binh"), sound("binh", Source.SCREEN_SHARE_AUDIO))
    look(viewing, [AN, sharing], speaking("an"), 10.1)
    assert shown(viewing) == ["TR_microphone_an", "TR_screen_binh"]
    look(viewing, [AN, sharing], {}, 10.2)
    assert shown(viewing) == ["TR_screen_binh", "TR_screen_share_audio_binh"]
    look(viewing, [AN, BINH], {}, 10.3)
    assert "TR_camera_an" in shown(viewing)


def test_what_is_muted_unplayable_hidden_or_denied_is_not_shown() -> None:
    away = [
        somebody("a", camera("a", is_muted=True)),
        somebody("b", camera("b", codec=Codec.H264)),
        somebody("c", camera("c"), permission=Permission(is_hidden=True)),
        somebody("d", camera("d")),
    ]
    viewing = view(codecs=frozenset({Codec.VP8, Codec.OPUS}))
    viewing.look(away, {}, 10, {TrackSid(f"TR_camera_{name}") for name in "abc"})
    assert shown(viewing) == []


def test_what_could_be_sent_in_a_codec_of_the_player_is_shown() -> None:
    people = [somebody("a", camera("a", codec=Codec.AV1, backup_codec=Codec.VP8)), somebody("b", camera("b"))]
    viewing = view(codecs=frozenset({Codec.VP8}))
    look(viewing, people, {}, 10)
    assert shown(viewing) == ["TR_camera_a"]
    viewing = view(codecs=frozenset({Codec.H264}))
    look(viewing, people[:1], {}, 10)
    assert shown(viewing) == []


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({"participant": "binh"}, ["TR_camera_binh", "TR_microphone_binh"]),
        ({"participant": "nobody"}, []),
        ({"track": "TR_camera_binh"}, ["TR_camera_binh", "TR_microphone_binh"]),
        ({"track": "microphone", "participant": "binh"}, ["TR_camera_binh", "TR_microphone_binh"]),
        ({"track": "screen_share"}, []),
        ({"slots": {Kind.VIDEO: 2}}, ["TR_camera_an", "TR_camera_binh"]),
        ({"slots": {Kind.AUDIO: 9}}, ["TR_microphone_an", "TR_microphone_binh", "TR_microphone_cuc"]),
    ],
)
def test_a_player_may_narrow_or_widen_what_it_is_shown(narrowed: dict[str, Any], expected: list[str]) -> None:
    viewing = view(**narrowed)
    look(viewing, [AN, BINH, CUC], speaking("an"), 10)
    assert shown(viewing) == expected


def test_a_wall_moves_only_what_must_move() -> None:
    viewing = view(slots={Kind.VIDEO: 2})
    look(viewing, [AN, BINH, CUC], {}, 10)
    switch = look(viewing, [AN, BINH, CUC], speaking("cuc"), 20)
    assert switch == Switch(gone=("TR_camera_binh",), fresh=("TR_camera_cuc",))
    assert look(viewing, [BINH, CUC], {}, 20.1) == Switch(gone=("TR_camera_an",), fresh=("TR_camera_binh",))
