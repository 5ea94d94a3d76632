"""What real clients said, heard again by a session: every request is understood, none is refused."""

from pathlib import Path

import pytest

from sfu.config import Permission
from signaling.session.effects import (
    AddTrack,
    Change,
    HangUp,
    Leave,
    Mute,
    PermitSubscribers,
    Reply,
    SetTracks,
    TakeAnswer,
    TakeOffer,
)
from signaling.session.session import SignalSession
from tests.signaling.builders import a_join_result, a_participant

TRANSCRIPTS = Path(__file__).parent / "transcripts"


def heard(name: str) -> list[str]:
    session = SignalSession("ND_1")
    session.joined(a_join_result(participant=a_participant(permission=Permission(can_update_metadata=True))))
    lines = (TRANSCRIPTS / f"{name}.jsonl").read_text().splitlines()
    return [type(effect).__name__ for line in lines for effect in session.handle_frame(line, 1.0)]


def names(*kinds: type) -> list[str]:
    return [kind.__name__ for kind in kinds]


def test_the_python_client_is_understood() -> None:
    said = heard("python")
    assert said[:2] == names(Reply, TakeOffer)
    assert said.count("AddTrack") == 2
    assert set(said) == set(names(Reply, TakeOffer, TakeAnswer, AddTrack, Change, Mute))


def test_the_browser_is_understood() -> None:
    said = heard("browser")
    assert said.count("AddTrack") == 3
    assert said[-2:] == names(Leave, HangUp)
    wanted = names(Reply, TakeOffer, TakeAnswer, AddTrack, PermitSubscribers, SetTracks, Mute, Leave, HangUp)
    assert set(said) == set(wanted)


@pytest.mark.parametrize("name", ["python", "browser"])
def test_nothing_they_said_was_refused(name: str) -> None:
    session = SignalSession("ND_1")
    session.joined(a_join_result(participant=a_participant(permission=Permission(can_update_metadata=True))))
    for line in (TRANSCRIPTS / f"{name}.jsonl").read_text().splitlines():
        for effect in session.handle_frame(line, 1.0):
            if isinstance(effect, Reply):
                assert effect.response.WhichOneof("message") in ("pong", "pong_resp")
