"""What state a replay is in."""

import pytest

from lms.library.rules import replay_state
from lms.library.schemas import Archive
from lms.sessions.schemas import ReplayState, SessionState


def an_archive(state: str) -> Archive:
    return Archive(version=1, room="s-x", zero_ms=0, state=state, duration_s=1.0, updated_ms=0)


@pytest.mark.parametrize(
    ("session", "is_recorded", "archive", "expected"),
    [
        (SessionState.SCHEDULED, True, None, ReplayState.NONE),
        (SessionState.LIVE, True, None, ReplayState.NONE),
        (SessionState.ENDED, True, None, ReplayState.PREPARING),
        (SessionState.ENDED, False, None, ReplayState.NONE),
        (SessionState.LIVE, True, "live", ReplayState.LIVE),
        (SessionState.LIVE, True, "ready", ReplayState.LIVE),
        (SessionState.ENDED, True, "live", ReplayState.PREPARING),
        (SessionState.ENDED, True, "ready", ReplayState.READY),
        (SessionState.ENDED, True, "partial", ReplayState.READY),
        (SessionState.ENDED, True, "failed", ReplayState.FAILED),
    ],
)
def test_session_and_archive_say_it_together(
    session: SessionState, is_recorded: bool, archive: str | None, expected: ReplayState
) -> None:
    found = an_archive(archive) if archive else None
    assert replay_state(session, is_recorded=is_recorded, archive=found) == expected
