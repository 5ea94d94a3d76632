"""A person's line that can be cut: packets are dropped both ways while sockets, the WebSocket included, stay open.

A process started with `group=line.gid` has all its media marked by connection, UDP and ICE-TCP, so sockets it opens
during the cut are cut as well. Needs root and nft, which the everyday test run has.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


def own_gid() -> int:
    """A group id that no other test process of this machine uses now."""
    return 20000 + os.getpid() % 40000


class Line:
    """`await cut()` and `await mend()`; the group id tells this line's sockets from all others.

    `tcp_port` is where the node takes media over TCP: without it a client would go round the cut that way.
    """

    def __init__(self, gid: int, tcp_port: int) -> None:
        self.gid, self.tcp_port = gid, tcp_port
        self._table = f"lophop_line_{gid}"

    async def _nft(self, script: str) -> None:
        process = await asyncio.create_subprocess_exec(
            "nft", "-f", "-", stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        _, error = await process.communicate(script.encode())
        if process.returncode:
            raise RuntimeError(error.decode())

    async def open(self) -> None:
        # Dropping at the input hook loses packets silently; at the output hook the sender would see an error.
        await self._nft(
            f"table inet {self._table} {{\n"
            "  chain marking { type filter hook output priority mangle; policy accept;\n"
            f"    meta skgid {self.gid} meta l4proto udp ct mark set {self.gid}\n"
            f"    meta skgid {self.gid} tcp dport {self.tcp_port} ct mark set {self.gid}\n  }}\n"
            "  chain cutting { type filter hook input priority filter; policy accept; }\n}\n"
        )

    async def cut(self) -> None:
        await self._nft(f"add rule inet {self._table} cutting ct mark {self.gid} drop\n")

    async def mend(self) -> None:
        await self._nft(f"flush chain inet {self._table} cutting\n")

    async def close(self) -> None:
        await self._nft(f"delete table inet {self._table}\n")


@asynccontextmanager
async def a_line(gid: int, *, tcp_port: int) -> AsyncIterator[Line]:
    """A line that is whole; gone at the end. Tests that run at the same time use different ids."""
    line = Line(gid, tcp_port)
    await line.open()
    try:
        yield line
    finally:
        await line.close()
