"""A media node of our own in the test's event loop, on ports nobody chose."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser

from signaling.config import NodeConfig
from signaling.node import LINE_BYTES_LIMIT, create_app
from tests.conformance.people import KEY, SECRET
from tests.conformance.tabs import a_browser, a_site

# real clients on a machine whose cores are all taken: the limit is for what hangs, not for what is slow
TIMEOUT_S = 180


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test of this folder its own limit."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[TestServer]:
    """A running node; `node.make_url` gives its addresses."""
    config = NodeConfig(data_dir=tmp_path, api_keys={KEY: SECRET}, port=0, udp_port=0)
    server = TestServer(await create_app(config), host="127.0.0.1")
    await server.start_server(max_line_size=LINE_BYTES_LIMIT)
    yield server
    await server.close()


@pytest.fixture(params=[True, False], ids=["v1", "v0"])
def protocol(request: pytest.FixtureRequest) -> dict[str, bool]:
    """The room options that choose the protocol: v1 has one peer connection, v0 two."""
    return {"single_peer_connection": request.param}


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """The page, from another origin than the node's."""
    async with a_site() as url:
        yield url


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as started:
        yield started
