"""Behind a firewall that lets nothing through to the node: media by coturn over UDP, else TCP, else TLS on 443."""

from pathlib import Path

import pytest

from tests.networks.scene import SEES, a_scene, show_and_speak
from tests.support.turn_server import a_turn_server, turn_settings

TURN = "10.77.0.20"
# what the firewall of the far side drops beside all that goes to the node's media
WALLS = {"udp": [], "tcp": ["udp dport 3478"], "tls": ["udp dport 3478", "tcp dport 3478"]}

pytestmark = pytest.mark.browser


async def test_browsers_reach_the_node_through_ever_narrower_firewalls_by_relay(tmp_path: Path) -> None:
    async with a_scene(tmp_path, turn=turn_settings(TURN, "udp", "tcp", "tls")) as scene:
        await scene.link.add_near(TURN)
        async with a_turn_server(scene.link.near, tmp_path, address=TURN):
            near = await scene.tab(scene.link.near, "near")
            await show_and_speak(near)
            for way, wall in WALLS.items():
                await scene.block("udp", "tcp", *wall)
                # the certificate of the test's TURN server is signed by itself
                far = await scene.tab(scene.link.far, f"by-{way}", "--ignore-certificate-errors")
                await far.evaluate("camera('vp8')")
                await far.wait_for_function(SEES, arg="near")
                await near.wait_for_function("who => (seen.frames[`${who}/camera`] || 0) > 5", arg=f"by-{way}")
                assert set(await far.evaluate("paths()")) == {f"relay/{way}"}
                await far.context.close()
            assert set(await near.evaluate("paths()")) == {f"udp/{scene.address}"}
