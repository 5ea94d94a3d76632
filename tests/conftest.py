"""Fixtures every part may use. Property tests judge results, not speed: a busy machine must not fail them."""

import sys

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.support.postgresql import postgresql_server, postgresql_url
from tests.support.process_end import end_process

# explaining a failure line by line takes minutes and tells little
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
settings.load_profile("house")

__all__ = ["postgresql_server", "postgresql_url"]

SESSION = pytest.StashKey[pytest.Session]()


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[SESSION] = session


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """All is said and written; what is left is only to end."""
    if "livekit.rtc" in sys.modules and SESSION in config.stash:
        config.get_terminal_writer().flush()
        end_process(int(config.stash[SESSION].exitstatus))
