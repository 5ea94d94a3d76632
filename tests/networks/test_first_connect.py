"""How long a first connect takes by each way to the node (R11: at most 10 s), with nothing remembered from before."""

import asyncio
from pathlib import Path

import pytest

from tests.conformance.people import a_token
from tests.networks.evidence import spread, state
from tests.networks.scene import Scene, a_scene, show_and_speak
from tests.support.turn_server import a_turn_server, turn_settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROUNDS = 5
TURN = "10.77.0.20"
FROM_CONNECT_TO_SOUND = """async ([url, token, options]) => {
  const began = performance.now();
  await join(url, token, options);
  while (!newest.audio.packets) await new Promise((resolve) => setTimeout(resolve, 20));
  return (performance.now() - began) / 1000;
}"""
RELAY = {"rtcConfig": {"iceTransportPolicy": "relay"}}


async def connects(scene: Scene, title: str, way: str, *flags: str, only_tcp: bool = False, **options: object) -> None:
    """Somebody new each time; states how long each heard nothing."""
    times = []
    for at in range(ROUNDS):
        far = await scene.empty_tab(scene.link.far, *flags)
        await far.evaluate("only => window.knowsOnlyTcp = only", only_tcp)
        times.append(await far.evaluate(FROM_CONNECT_TO_SOUND, [scene.url, a_token(f"far-{at}"), options]))
        while (paths := set(await far.evaluate("paths()"))) != {way}:
            assert not {one for one in paths if one.startswith("udp/")}, paths
            await asyncio.sleep(0.1)
        await far.context.close()
    state(f"| first connect, {title} | connect to first sound: {spread(times)} |")


async def test_r11_a_first_connect_over_tcp(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        near = await scene.tab(scene.link.near, "near")
        await show_and_speak(near)
        by_tcp = f"tcp/{scene.address}"
        await connects(scene, "the client knows only TCP candidates (force-tcp)", by_tcp, only_tcp=True)
        await scene.block("udp")
        await connects(scene, "UDP dropped", by_tcp)


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
async def test_r11_a_first_connect_by_relay_because_the_client_wants_no_other(tmp_path: Path, way: str) -> None:
    async with a_scene(tmp_path, turn=turn_settings(TURN, way)) as scene:
        await scene.link.add_near(TURN)
        async with a_turn_server(scene.link.near, tmp_path, address=TURN):
            near = await scene.tab(scene.link.near, "near")
            await show_and_speak(near)
            # the way to the node is open: the client is told not to take it
            flags = ["--ignore-certificate-errors"]
            await connects(scene, f"iceTransportPolicy relay, TURN/{way}", f"relay/{way}", *flags, **RELAY)
