"""From opening the signal connection to the first media packet that could be decrypted, at a real node process: in a
room of ten, and for a hundred people within five seconds. Clients run in this process: signalling, DTLS handshakes by
OpenSSL, SRTP by libsrtp; what they cost is in the times.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.live_node import LiveNode, a_live_node
from tests.support.scripted_association import PATIENCE_S, Refused
from tests.support.scripted_person import ScriptedPerson, Section, a_scripted_person

VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=8001)
VIDEO = Section(kind="video", mid="1", cid="video", ssrc=8002)
ROOM_OF, CROWD, CROWD_S = 10, 100, 5.0


def measure_joins() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


@asynccontextmanager
async def _speaker(node: LiveNode, room: str) -> AsyncIterator[ScriptedPerson]:
    async with a_scripted_person(node, "speaker", room) as person:
        await person.publish(VOICE, VIDEO)
        async with person.sending(VOICE, VIDEO):
            yield person


async def _join(node: LiveNode, room: str, identity: str, stack: AsyncExitStack) -> float:
    """Seconds; those who did not get in within the client's patience count with all of it."""
    started = time.monotonic()
    try:
        person = await stack.enter_async_context(a_scripted_person(node, identity, room))
        await person.receives_media(1)
    except (TimeoutError, Refused):
        return PATIENCE_S
    return time.monotonic() - started


async def _measure(folder: Path) -> dict[str, Any]:
    async with a_live_node(folder, join_rate_per_s=1000.0) as node, AsyncExitStack() as stack:
        await stack.enter_async_context(_speaker(node, "ten"))
        ten = [await _join(node, "ten", f"person {number}", stack) for number in range(ROOM_OF - 1)]
        await stack.enter_async_context(_speaker(node, "crowd"))
        before = node.rss_kib
        stacks = [await stack.enter_async_context(AsyncExitStack()) for _ in range(CROWD)]

        async def later(number: int) -> float:
            await asyncio.sleep(number * CROWD_S / CROWD)
            return await _join(node, "crowd", f"person {number}", stacks[number])

        crowd = sorted(await asyncio.gather(*(later(number) for number in range(CROWD))))
        return {
            "room_of_ten_s": round(sorted(ten)[len(ten) // 2], 3),
            "crowd_p50_s": round(crowd[len(crowd) // 2], 3),
            "crowd_slowest_s": round(crowd[-1], 3),
            "crowd_left_out": sum(seconds >= PATIENCE_S for seconds in crowd),
            "participant_kb": round((node.rss_kib - before) / CROWD, 1),
        }
