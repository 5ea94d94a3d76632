"""Consent (RFC 7675): a client whose checks are lost gets nothing more after thirty seconds (S02)."""

import asyncio
import socket
import time
from pathlib import Path

import pytest

from tests.networks.evidence import state
from tests.networks.scene import SEES, UDP_PORT, a_scene, show_and_speak

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CONSENT_S = 30
# a stay whose signalling is cut too ends this long after the last sign of life of its path
GRACE_S = 18
LOAD_S = 4


async def test_nothing_is_sent_thirty_seconds_after_the_last_check(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        far = await scene.tab(scene.link.far, "far")
        near = await scene.tab(scene.link.near, "near")
        await show_and_speak(near)
        await far.wait_for_function(SEES, arg="near")
        with scene.link.near.inside():
            watcher = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        watcher.bind(("line0", 0))
        watcher.setblocking(False)
        # checks of the far side do not arrive any more, nor does it come another way; its media still does
        await scene.block(f"udp dport {UDP_PORT} @th,64,8 0-3", "tcp dport 7881", "tcp dport 7880")
        began = last = time.monotonic()
        loop = asyncio.get_running_loop()
        while time.monotonic() - began < CONSENT_S + 3 * LOAD_S:
            try:
                async with asyncio.timeout(1):
                    packet, sender = await loop.sock_recvfrom(watcher, 65536)
            except TimeoutError:
                continue
            is_ours = len(packet) > 28 and packet[9] == 17 and int.from_bytes(packet[20:22], "big") == UDP_PORT
            if is_ours and sender[2] == socket.PACKET_OUTGOING and 128 <= packet[28] < 192:
                last = time.monotonic()
        watcher.close()
        state(f"S02: the last media packet left {last - began:.1f} s after checks were cut.")
        # one of the two ends it; media is not stopped at once, and never goes on longer than consent lasts
        assert GRACE_S <= last - began <= CONSENT_S + LOAD_S
