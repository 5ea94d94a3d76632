"""A media node of our own in the test's event loop, on ports nobody chose."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from signaling.config import NodeConfig
from signaling.node import create_app
from tests.conformance.people import KEY, SECRET


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[TestServer]:
    """A running node; `node.make_url` gives its addresses."""
    config = NodeConfig(data_dir=tmp_path, api_keys={KEY: SECRET}, port=0, udp_port=0)
    async with TestServer(await create_app(config), host="127.0.0.1") as server:
        yield server
