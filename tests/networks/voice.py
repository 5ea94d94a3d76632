"""A program: somebody who hums in a room by LiveKit's Python client, and says once in a while what came of others.

Prints one JSON object a line until its stdin ends: `packets` of sound received so far, and the `told` events.
"""

import asyncio
import json
import sys

from livekit import rtc

from tests.conformance.people import Person

EVERY_S = 0.5


async def packets(room: rtc.Room) -> int:
    """Of all sound that was received."""
    total = 0
    for participant in room.remote_participants.values():
        for publication in participant.track_publications.values():
            if publication.track is None or publication.kind != rtc.TrackKind.KIND_AUDIO:
                continue
            for one in await publication.track.get_stats():
                if one.HasField("inbound_rtp"):
                    total += one.inbound_rtp.received.packets_received
    return total


async def tell(person: Person) -> None:
    while True:
        told = [name for name, _ in person.told]
        sys.stdout.write(json.dumps({"packets": await packets(person.room), "told": told}) + "\n")
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
