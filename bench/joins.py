"""From opening the signal connection to the first media packet that could be decrypted, at a real node process: in a
room of ten, and for crowds that come within five seconds; what a join costs the node's control, in CPU, goes with it.

Clients run in one process beside it: signalling, DTLS handshakes by OpenSSL, SRTP by libsrtp. What they cost is in the
times, not in the CPU.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from tests.sfu.wire import vp8_payload
from tests.support import scripted_association, scripted_person
from tests.support.live_node import LiveNode, a_live_node
from tests.support.scripted_association import Refused
from tests.support.scripted_person import ScriptedPerson, Section, a_scripted_person

VIDEO = Section(kind="video", mid="0", cid="video", ssrc=8002)
ROOM_OF, CROWDS, CROWD_S = 10, (100, 300), 5.0
PATIENCE_S = 60.0
# each picture can be begun with; few, because all that is sent is read by this process
PICTURE_EVERY_S = 0.25


@asynccontextmanager
async def _speaker(node: LiveNode, room: str) -> AsyncIterator[None]:
    async with a_scripted_person(node, "speaker", room) as person, asyncio.TaskGroup() as tasks:
        await person.publish(VIDEO)
        filming = tasks.create_task(_film(person))
        # an offer that is not answered in time ends the stay
        answering = tasks.create_task(person.keep_receiving())
        yield
        filming.cancel()
        answering.cancel()


async def _film(person: ScriptedPerson) -> None:
    number = 0
    while person.publisher is not None:
        number += 1
        person.publisher.send_rtp(person.packet(VIDEO, vp8_payload(number, is_key=True)))
        await asyncio.sleep(PICTURE_EVERY_S)


async def _join(node: LiveNode, room: str, identity: str, stack: AsyncExitStack) -> float:
    """Seconds; those who did not get in within the client's patience count with all of it."""
    started = time.monotonic()
    try:
        person = await stack.enter_async_context(a_scripted_person(node, identity, room))
        association = await person.receives_media(1)
    except (TimeoutError, Refused):
        return PATIENCE_S
    # who has got in hears no more: reading it all would take the time of those who come
    association.datagram_received = lambda data, addr: None  # type: ignore[method-assign]
    return time.monotonic() - started


async def _group(
    node: LiveNode, room: str, size: int, stack: AsyncExitStack, *, within_s: float | None
) -> dict[str, Any]:
    """`within_s`: they come in that time; None: one after the other, each when the one before has got in."""
    await stack.enter_async_context(_speaker(node, room))
    stacks = [await stack.enter_async_context(AsyncExitStack()) for _ in range(size)]
    memory, control, cpu = node.rss_kib, node.control_cpu_s, node.cpu_s

    async def later(number: int) -> float:
        await asyncio.sleep(number * (within_s or 0) / size)
        return await _join(node, room, f"person {number}", stacks[number])

    if within_s is None:
        waits = [await later(number) for number in range(size)]
    else:
        waits = await asyncio.gather(*(later(number) for number in range(size)))
    waits.sort()
    return {
        "room": room,
        "p50_s": round(waits[size // 2], 3),
        "slowest_s": round(waits[-1], 3),
        "left_out": sum(seconds >= PATIENCE_S for seconds in waits),
        "control_ms": round((node.control_cpu_s - control) * 1000 / size, 2),
        "node_ms": round((node.cpu_s - cpu) * 1000 / size, 2),
        "kb": round((node.rss_kib - memory) / size, 1),
    }


async def _measure(folder: Path) -> list[dict[str, Any]]:
    async with a_live_node(folder, join_rate_per_s=1000.0) as node:
        groups: list[tuple[str, int, float | None]] = [("ten, one by one", ROOM_OF - 1, None)]
        groups += [(f"{size} in {CROWD_S:.0f} s", size, CROWD_S) for size in CROWDS]
        rows = []
        for room, size, within_s in groups:
            async with AsyncExitStack() as stack:
                rows.append(await _group(node, room, size, stack, within_s=within_s))
        return rows


def measure_joins() -> list[dict[str, Any]]:
    for module in (scripted_person, scripted_association):
        # all clients share this process
        vars(module).update(PATIENCE_S=PATIENCE_S)
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))
