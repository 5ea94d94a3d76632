"""A large picture through the narrowest way: 1080p for a minute by TURN over TLS on port 443 (R11)."""

import time
from pathlib import Path

import pytest

from tests.networks.evidence import state
from tests.networks.scene import a_scene
from tests.support.turn_server import a_turn_server, turn_settings

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
TURN = "10.77.0.20"
WATCHED_S = 60
PUBLISH = """publish({ width: 1920, height: 1080, frameRate: 30 }, {
  simulcast: false, videoCodec: 'vp8', degradationPreference: 'maintain-resolution',
  videoEncoding: { maxBitrate: 3_000_000, maxFramerate: 30 },
})"""


async def test_r11_1080p_through_a_relay_over_tls(tmp_path: Path) -> None:
    async with a_scene(tmp_path, turn=turn_settings(TURN, "tls")) as scene:
        await scene.link.add_near(TURN)
        await scene.block("udp", "tcp", "udp dport 3478", "tcp dport 3478")
        async with a_turn_server(scene.link.near, tmp_path, address=TURN):
            near = await scene.tab(scene.link.near, "near", "--use-fake-device-for-media-stream=fps=30")
            await near.evaluate(PUBLISH)
            far = await scene.tab(scene.link.far, "far", "--ignore-certificate-errors")
            await far.wait_for_function("(seen.sizes['near/camera'] || [])[1] === 1080")
            await far.evaluate("seen.gaps = {}; seen.frames = {}")
            before, began = await far.evaluate("incoming('video')"), time.monotonic()
            await far.evaluate(f"new Promise((resolve) => setTimeout(resolve, {WATCHED_S * 1000}))")
            after, seconds = await far.evaluate("incoming('video')"), time.monotonic() - began
            pictures, gap = await far.evaluate("[seen.frames['near/camera'], seen.gaps['near/camera']]")
            rate = (after["bytes"] - before["bytes"]) * 8e-6 / seconds
            seen = (
                f"{pictures / seconds:.1f} pictures/s, {rate:.2f} Mbit/s, at most {gap / 1000:.1f} s without a new one"
            )
            state(f"| R11: 1080p by TURN/TLS for {seconds:.0f} s | {seen} |")
            assert set(await far.evaluate("paths()")) == {"relay/tls"}
            assert (await far.evaluate("seen.sizes['near/camera']"))[1] == 1080
            # a picture a second even where two encoders and two decoders share a core with others
            assert pictures >= WATCHED_S
            assert "Disconnected" not in await far.evaluate("seen.told")
