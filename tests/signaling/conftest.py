"""A media node of our own in the test's event loop, and a client for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, settings

from signaling.config import NodeConfig
from signaling.node import create_app
from tests.signaling.wire import KEY, SECRET

# how long an example takes says how busy the machine is, nothing else
settings.register_profile("signaling", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("signaling")


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[TestClient]:
    """A running node on ports nobody chose."""
    config = NodeConfig(data_dir=tmp_path, api_keys={KEY: SECRET}, port=0, udp_port=0)
    async with TestClient(TestServer(await create_app(config), host="127.0.0.1")) as client:
        yield client
