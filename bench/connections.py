"""`python -m bench.connections`: what a participant costs the node with two peer connections and with one.

Real clients (LiveKit's, from PyPI) in this process, the node in another. For each protocol a fresh node: everybody
joins one after the other, each connected before the next; then memory, transports and the time of a join are read.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp
from livekit import api, rtc

from tests.signaling.process import a_config, a_node
from tests.signaling.wire import KEY, SECRET


def resident_kb(pid: int) -> int:
    """Memory of a process that is in RAM."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def a_token(identity: str) -> str:
    """A join token made by LiveKit's own library."""
    grants = api.VideoGrants(room_join=True, room="hall")
    return api.AccessToken(KEY, SECRET).with_identity(identity).with_grants(grants).to_jwt()


async def measure(people: int, *, is_single: bool) -> dict[str, float]:
    """One run with a node of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with a_node(a_config(Path(folder))) as (process, url):
            rooms = [rtc.Room() for _ in range(people + 1)]
            options = rtc.RoomOptions(single_peer_connection=is_single)
            # the first warms up what is made only once
            await rooms[0].connect(url.replace("http", "ws", 1), a_token("first"), options)
            await asyncio.sleep(1)
            before, times = resident_kb(process.pid), []
            for number, room in enumerate(rooms[1:]):
                began = time.perf_counter()
                await room.connect(url.replace("http", "ws", 1), a_token(f"p{number}"), options)
                times.append(time.perf_counter() - began)
            await asyncio.sleep(2)
            after = resident_kb(process.pid)
            transports = await transports_of(url)
            for room in rooms:
                await room.disconnect()
            return {
                "people": people + 1,
                "transports": transports,
                "kB_per_participant": (after - before) / people,
                "join_median_s": statistics.median(times),
            }


async def transports_of(url: str) -> float:
    """What the node says of itself."""
    async with aiohttp.ClientSession() as http, http.get(f"{url}/healthz") as answer:
        return float((await answer.json())["transports"])


def main() -> None:
    arguments = argparse.ArgumentParser(prog="bench.connections", description=__doc__)
    arguments.add_argument("--people", type=int, default=30)
    people = arguments.parse_args().people
    for is_single in (False, True, False, True):
        result = asyncio.run(measure(people, is_single=is_single))
        print("one connection " if is_single else "two connections", json.dumps(result))


if __name__ == "__main__":
    main()
