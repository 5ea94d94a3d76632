"""What state a replay is in, from the session and what the recorder has written. Pure."""

from lms.library.schemas import Archive
from lms.sessions.schemas import ReplayState, SessionState

_PLAYABLE = ("ready", "partial")


def replay_state(session_state: SessionState, *, is_recorded: bool, archive: Archive | None) -> ReplayState:
    """A live session's replay can be watched from its start while it goes on."""
    if archive is None:
        ended = is_recorded and session_state == SessionState.ENDED
        return ReplayState.PREPARING if ended else ReplayState.NONE
    if archive.state == "failed":
        return ReplayState.FAILED
    if session_state != SessionState.ENDED:
        return ReplayState.LIVE
    return ReplayState.READY if archive.state in _PLAYABLE else ReplayState.PREPARING
