"""A node as a process, and a call on it that goes on during all attacks: one for the session, in one event loop."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.canary import Canary, a_canary
from tests.support.live_node import LiveNode, a_live_node

# an attack beside a call of real clients on a machine whose cores are all taken: the limit is for what hangs
TIMEOUT_S = 180


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test of this folder its own limit."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveNode]:
    async with a_live_node(tmp_path_factory.mktemp("node")) as live:
        yield live


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def canary(node: LiveNode) -> AsyncIterator[Canary]:
    async with a_canary(node) as call:
        yield call
