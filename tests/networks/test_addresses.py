"""Addresses: the node over IPv6, clients whose address or port changes in the middle of a call."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.networks.scene import SEES, a_scene

pytestmark = pytest.mark.browser


async def _goes_on(page: Page, who: str) -> None:
    """More comes from now on, picture and sound."""
    frames = await page.evaluate("who => seen.frames[`${who}/camera`]", who)
    packets = await page.evaluate("incoming('audio').then(one => one.packets)")
    await page.wait_for_function(
        "([who, frames, packets]) => seen.frames[`${who}/camera`] > frames + 10 && newest.audio.packets > packets + 50",
        arg=[who, frames, packets],
    )


async def test_a_call_over_ipv6_by_udp_and_by_tcp(tmp_path: Path) -> None:
    async with a_scene(tmp_path, is_v6=True) as scene:
        far, near = await scene.call()
        assert set(await far.evaluate("paths()")) == {f"udp/{scene.address}"}
        await scene.block("udp")
        by_tcp = await scene.tab(scene.link.far, "by-tcp")
        await by_tcp.wait_for_function(SEES, arg="near")
        assert set(await by_tcp.evaluate("paths()")) == {f"tcp/{scene.address}"}


@pytest.mark.slow
async def test_a_node_with_two_addresses_is_reached_by_either_family(tmp_path: Path) -> None:
    async with a_scene(tmp_path, node_ip="10.77.0.1, fd77::1") as scene:
        await scene.block("ip6 daddr fd77::1 udp dport 7882")
        far, near = await scene.call()
        assert set(await far.evaluate("paths()")) == {"udp/10.77.0.1"}
        await scene.block("ip daddr 10.77.0.1 udp dport 7882")
        other = await scene.tab(scene.link.far, "other")
        await other.wait_for_function(SEES, arg="near")
        assert set(await other.evaluate("paths()")) == {"udp/fd77::1"}


async def test_media_goes_on_when_a_translator_gives_the_client_other_ports(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        await scene.link.rebind("40000-40999")
        far, near = await scene.call()
        for ports in ("41000-41999", "42000-42999"):
            await scene.link.rebind(ports)
            await _goes_on(near, "far")
            await _goes_on(far, "near")
        # no new session: the next check of the same one brought the new port (a page that gets no time may resume its
        # socket meanwhile)
        assert {"Disconnected", "Reconnecting"}.isdisjoint(await far.evaluate("seen.told"))
        joined = (tmp_path / "node.log").read_text().count('"joined"')
        assert joined == 2


@pytest.mark.slow
async def test_media_goes_on_when_the_client_gets_another_address(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        far, near = await scene.call()
        await scene.link.move("10.77.0.9")
        await _goes_on(near, "far")
        await _goes_on(far, "near")
        assert "Disconnected" not in await far.evaluate("seen.told")
