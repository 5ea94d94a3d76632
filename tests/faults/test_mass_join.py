"""R10: two hundred people who all want a key frame at once get one, and their publisher is asked for few."""

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.sfu.wire import PLI, PSFB, vp8_payload
from tests.support import scripted_association, scripted_person
from tests.support.live_node import LiveNode, a_live_node
from tests.support.scripted_association import Association
from tests.support.scripted_person import ScriptedPerson, Section, a_scripted_person

VIDEO = Section(kind="video", mid="0", cid="video", ssrc=7001)
JOINERS = 200
WITHIN_S = 1.0
# of a lowest layer, as this only one is; and those that belong to the seconds begun
PLIS_A_SECOND, SPARE = 2, 2
# the descriptor of `vp8_payload`
FRAME_AT = 4
PATIENCE_S = 120


class Camera:
    """Sends fifty pictures a second; a key frame when it is asked for one, and at no other time."""

    def __init__(self, person: ScriptedPerson, association: Association) -> None:
        self._person, self._association = person, association
        self.asked: list[float] = []
        self._number = 0

    async def run(self) -> None:
        while True:
            wants = [each for each in self._association.rtcp if (each.type, each.count) == (PSFB, PLI)]
            self._association.rtcp.clear()
            self.asked += [time.monotonic()] * len(wants)
            self._number += 1
            is_key = bool(wants) or self._number == 1
            payload = vp8_payload(self._number, is_key=is_key)
            self._association.send_rtp(self._person.packet(VIDEO, payload))
            await asyncio.sleep(0.02)


def begins_with_key_frame(association: Association) -> bool:
    """What comes first can be decoded."""
    return bool(association.rtp) and association.rtp[0].payload[FRAME_AT] & 1 == 0


async def joins(node: LiveNode, number: int, stack: AsyncExitStack) -> float:
    """In its turn; gives how long it had to wait for a key frame."""
    await asyncio.sleep(number * WITHIN_S / JOINERS)
    began = time.monotonic()
    person = await stack.enter_async_context(a_scripted_person(node, f"joiner-{number}", "mass"))
    association = await person.receives_media(1)
    assert begins_with_key_frame(association)
    waited = time.monotonic() - began
    # what comes after it is nothing to this test
    association.datagram_received = lambda data, addr: None  # type: ignore[method-assign]
    return waited


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_r10_two_hundred_joiners_get_key_frames_of_few_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # all of them are one process of ours
    for module in (scripted_person, scripted_association):
        monkeypatch.setattr(module, "PATIENCE_S", PATIENCE_S)
    async with (
        a_live_node(tmp_path, join_rate_per_s=1000) as node,
        a_scripted_person(node, "camera", "mass") as person,
        AsyncExitStack() as stack,
    ):
        camera = Camera(person, await person.publish(VIDEO))
        filming = asyncio.create_task(camera.run())
        # an offer that is not answered in time ends a stay
        answering = asyncio.create_task(person.keep_receiving())
        try:
            began = time.monotonic()
            waits = sorted(await asyncio.gather(*(joins(node, number, stack) for number in range(JOINERS))))
            took = time.monotonic() - began
        finally:
            filming.cancel()
            answering.cancel()
        line = f"p50 {waits[JOINERS // 2]:.1f} s, p95 {waits[JOINERS * 95 // 100]:.1f} s, worst {waits[-1]:.1f} s"
        sys.stdout.write(
            f"R10 {JOINERS} joiners: {len(camera.asked)} requests in {took:.1f} s; key frame after {line}\n"
        )
        assert 1 <= len(camera.asked) <= PLIS_A_SECOND * took + SPARE
        assert not node.faults()
