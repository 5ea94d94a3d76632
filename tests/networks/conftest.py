"""Every test of this folder needs network namespaces, and gets the time that real clients need on a busy machine."""

from pathlib import Path

import pytest

from tests.support.namespace import needs_namespaces

# for what hangs, not for what is slow
TIMEOUT_S = 180


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test of this folder its own limit, unless it has one."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(needs_namespaces)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIMEOUT_S))
