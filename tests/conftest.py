"""Fixtures every part may use."""

from tests.support.postgresql import postgresql_server, postgresql_url

__all__ = ["postgresql_server", "postgresql_url"]
