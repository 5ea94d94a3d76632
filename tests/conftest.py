"""Fixtures every part may use. Property tests judge results, not speed: a busy machine must not fail them."""

from hypothesis import HealthCheck, settings

from tests.support.postgresql import postgresql_server, postgresql_url

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

__all__ = ["postgresql_server", "postgresql_url"]
