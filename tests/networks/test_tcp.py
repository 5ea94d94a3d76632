"""Networks that drop UDP: media goes over TCP to the node itself, without any relay."""

from pathlib import Path

import pytest

from tests.networks.scene import a_scene

pytestmark = pytest.mark.browser


async def test_a_browser_whose_udp_is_dropped_sees_and_is_seen_over_tcp(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        await scene.block("udp")
        far, near = await scene.call()
        assert set(await far.evaluate("paths()")) == {f"tcp/{scene.address}"}
        assert set(await near.evaluate("paths()")) == {f"udp/{scene.address}"}
