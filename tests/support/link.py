"""A line between two network namespaces that behaves as badly as asked: two TUN devices and a process between them.

    async with a_link() as link:            # link.near: put the node here; link.far: whose line is bad
        await link.set(both=Conditions(delay_s=0.15, loss=0.05, burst=3))

Programs run inside by `link.near.command` and `link.far.command`; both ends have IPv4 and IPv6 addresses. As a
program it moves packets and obeys lines of JSON on stdin. Good for behaviour and medians: tails belong to the machine.
"""

import asyncio
import errno
import fcntl
import heapq
import json
import os
import selectors
import struct
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.support.conditions import Conditions, Lane
from tests.support.namespace import Namespace, a_namespace, run

NEAR, FAR = "10.77.0.1", "10.77.0.2"
NEAR6, FAR6 = "fd77::1", "fd77::2"
DEVICE = "line0"
ROOT = Path(__file__).resolve().parents[2]
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


@dataclass(slots=True)
class Link:
    """`near` and `far` are the namespaces; the addresses are as the constants say, until the far side moves."""

    near: Namespace
    far: Namespace
    process: asyncio.subprocess.Process
    near_address: str = NEAR
    far_address: str = FAR

    async def set(
        self, *, both: Conditions | None = None, up: Conditions | None = None, down: Conditions | None = None
    ) -> dict[str, Any]:
        """From now on; `up` is from far to near. Returns the packets carried and lost so far, each way."""
        asked = {"up": up or both, "down": down or both}
        return await self._tell({way: asdict(one) for way, one in asked.items() if one is not None})

    async def counts(self) -> dict[str, Any]:
        return await self._tell({})

    async def _tell(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("the link's process has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def move(self, address: str) -> None:
        """The far side gets another address at once and loses the one it had, as between Wi-Fi and mobile."""
        await run("ip", "-n", self.far.name, "address", "add", f"{address}/24", "dev", DEVICE)
        await run("ip", "-n", self.far.name, "address", "delete", f"{self.far_address}/24", "dev", DEVICE)
        # the old address was the primary one of its net; the new one takes its place with its routes
        await run("ip", "-n", self.far.name, "address", "replace", f"{address}/24", "dev", DEVICE)
        self.far_address = address

    async def add_near(self, address: str) -> None:
        """One more address of the near side, for a second server."""
        await run("ip", "-n", self.near.name, "address", "add", f"{address}/24", "dev", DEVICE)

    async def rebind(self, ports: str) -> None:
        """The far side stands behind a translator, which from now on uses these UDP `ports` (`40000-40999`)."""
        await self.far.nft(
            "table ip line_nat\ndelete table ip line_nat\ntable ip line_nat {\n"
            "  chain post { type nat hook postrouting priority srcnat; policy accept;\n"
            f"    oifname {DEVICE} meta l4proto udp snat to {self.far_address}:{ports}\n  }}\n}}\n"
        )
        # translations under way would go on as before
        await self.far.run("conntrack", "-F")


@asynccontextmanager
async def a_link(seed: int = 1) -> AsyncIterator[Link]:
    """A line that is whole and fast; gone at the end with both namespaces."""
    async with a_namespace() as near, a_namespace() as far:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, near.name, far.name, str(seed), stdin=pipe, stdout=pipe, cwd=ROOT
        )
        link = Link(near, far, process)
        try:
            await link.counts()
            for side, address, address6 in ((near, NEAR, NEAR6), (far, FAR, FAR6)):
                await run("ip", "-n", side.name, "address", "add", f"{address}/24", "dev", DEVICE)
                await run("ip", "-n", side.name, "address", "add", f"{address6}/64", "dev", DEVICE, "nodad")
                # no link-local address: nothing is sent that nobody asked for
                await run("ip", "-n", side.name, "link", "set", DEVICE, "addrgenmode", "none", "up")
            yield link
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


# the process between the two devices


def _device(namespace: str) -> int:
    """A TUN device in the namespace; its packets are read and written here, whichever namespace we are in."""
    with Namespace(namespace).inside():
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), _IFF_TUN | _IFF_NO_PI))
    return descriptor


class _Way:
    """One direction: out of a device, through its lane, into the other device."""

    def __init__(self, source: int, sink: int, lane: Lane) -> None:
        self.source, self.sink, self.lane = source, sink, lane
        self.carried = self.lost = 0

    def take(self, heap: list[tuple[float, int, "_Way", bytes]], number: int) -> int:
        """Takes all that waits; returns the next free number."""
        while True:
            try:
                packet = os.read(self.source, 65536)
            except OSError as error:
                # EBADFD/EIO: the device is not up yet, or not any more
                if error.errno not in (errno.EAGAIN, errno.EIO, errno.EBADFD):
                    raise
                return number
            arrivals = self.lane.take(len(packet), time.monotonic())
            self.lost += not arrivals
            for at in arrivals:
                heapq.heappush(heap, (at, number, self, packet))
                number += 1

    def put(self, packet: bytes) -> None:
        try:
            os.write(self.sink, packet)
            self.carried += 1
        except OSError:
            # a device that is down, or an address that has just gone: lost as on any line
            self.lost += 1


def _obey(line: str, ways: dict[str, _Way]) -> None:
    for name, conditions in json.loads(line).items():
        ways[name].lane.conditions = Conditions(**conditions)
    counts = {name: {"carried": way.carried, "lost": way.lost} for name, way in ways.items()}
    sys.stdout.write(json.dumps(counts) + "\n")
    sys.stdout.flush()


def main(near: str, far: str, seed: str) -> None:
    near_device, far_device = _device(near), _device(far)
    ways = {
        "up": _Way(far_device, near_device, Lane(2 * int(seed))),
        "down": _Way(near_device, far_device, Lane(2 * int(seed) + 1)),
    }
    heap: list[tuple[float, int, _Way, bytes]] = []
    number = 0
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        for way in ways.values():
            selector.register(way.source, selectors.EVENT_READ, way)
        while True:
            timeout = max(0.0, heap[0][0] - time.monotonic()) if heap else None
            for key, _ in selector.select(timeout):
                if key.data is not None:
                    number = key.data.take(heap, number)
                    continue
                line = sys.stdin.readline()
                if not line:
                    return
                _obey(line, ways)
            now = time.monotonic()
            while heap and heap[0][0] <= now:
                _, _, way, packet = heapq.heappop(heap)
                way.put(packet)


if __name__ == "__main__":
    main(*sys.argv[1:4])
