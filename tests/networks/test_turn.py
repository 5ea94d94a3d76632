"""Behind a firewall that lets nothing through to the node: media by coturn, over UDP, over TCP and over TLS on 443."""

from pathlib import Path

import pytest

from tests.networks.scene import SEES, a_scene, show_and_speak
from tests.support.turn_server import a_turn_server, turn_settings

TURN = "10.77.0.20"
# the ways to the relay; the firewall of the far side drops all but one, and all that goes to the node's media
WAYS = {"udp": "udp dport 3478", "tcp": "tcp dport 3478", "tls": "tcp dport 443"}

pytestmark = pytest.mark.browser


async def test_browsers_reach_the_node_through_a_firewall_by_each_way_to_the_relay(tmp_path: Path) -> None:
    async with a_scene(tmp_path, turn=turn_settings(TURN, "udp", "tcp", "tls")) as scene:
        await scene.link.add_near(TURN)
        async with a_turn_server(scene.link.near, tmp_path, address=TURN):
            near = await scene.tab(scene.link.near, "near")
            await show_and_speak(near)
            for way in WAYS:
                await scene.block("udp", "tcp", *(rule for other, rule in WAYS.items() if other != way))
                # the certificate of the test's TURN server is signed by itself
                far = await scene.tab(scene.link.far, f"by-{way}", "--ignore-certificate-errors")
                await far.evaluate("camera('vp8')")
                await far.wait_for_function(SEES, arg="near")
                await near.wait_for_function("who => (seen.frames[`${who}/camera`] || 0) > 5", arg=f"by-{way}")
                assert set(await far.evaluate("paths()")) == {f"relay/{way}"}
                await far.context.close()
            assert set(await near.evaluate("paths()")) == {f"udp/{scene.address}"}
