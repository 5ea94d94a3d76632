"""Somebody who hums in a room by LiveKit's Python client, in a process of its own that can be put anywhere and stopped.

As a program it prints one JSON object a line until its stdin ends: `packets` of sound received so far, and the `told`
events.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit import rtc

from tests.conformance.people import Person, a_token

ROOT = Path(__file__).parents[2]
EVERY_S = 0.5


@dataclass(slots=True)
class Voice:
    """The running program."""

    process: asyncio.subprocess.Process

    async def until(self, fact: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first word of it from now on of which that is so."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            word: dict[str, Any] = json.loads(line)
            if fact(word):
                return word
        raise AssertionError("the client ended")


@asynccontextmanager
async def a_voice(url: str, identity: str, *, inside: Sequence[str] = ()) -> AsyncIterator[Voice]:
    """`inside`: the command of the namespace it runs in. Ended at the end, even if it is stopped."""
    pipe = asyncio.subprocess.PIPE
    words = (*inside, sys.executable, "-m", __name__, url, a_token(identity))
    process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdin=pipe, stdout=pipe)
    try:
        yield Voice(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def count(room: rtc.Room, packets: dict[str, int]) -> None:
    """Of each sound that was received, also of those that are gone."""
    for participant in room.remote_participants.values():
        for publication in participant.track_publications.values():
            if publication.track is None or publication.kind != rtc.TrackKind.KIND_AUDIO:
                continue
            for one in await publication.track.get_stats():
                if one.HasField("inbound_rtp"):
                    packets[publication.sid] = one.inbound_rtp.received.packets_received


async def tell(person: Person) -> None:
    packets: dict[str, int] = {}
    while True:
        await count(person.room, packets)
        told = [name for name, _ in person.told]
        sys.stdout.write(json.dumps({"packets": sum(packets.values()), "told": told}) + "\n")
        sys.stdout.flush()
        await asyncio.sleep(EVERY_S)


async def main(url: str, token: str) -> None:
    person = Person("far")
    await person.join(url, token)
    await person.publish_microphone()
    telling = asyncio.create_task(tell(person))
    await asyncio.to_thread(sys.stdin.read)
    telling.cancel()
    await person.leave()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
