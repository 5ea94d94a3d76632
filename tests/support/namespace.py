"""A network namespace: its own interfaces, addresses, ports and firewall, gone at the end. Needs root and `ip`."""

import asyncio
import ctypes
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

import pytest

PREFIX = "lophop"
_FOLDER = Path("/run/netns")
_numbers = count()
_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000

needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("nft") is None,
    reason="network namespaces need root, ip and nft",
)


class Namespace:
    """`command` goes before the words of a program that is to run inside."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def command(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.name)

    async def run(self, *words: str, stdin: str = "") -> str:
        """Runs a program inside to its end; RuntimeError with its words if it fails."""
        return await run(*self.command, *words, stdin=stdin)

    async def nft(self, script: str) -> None:
        await self.run("nft", "-f", "-", stdin=script)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets that this thread makes within the block belong to the namespace. No await inside."""
        with open("/proc/thread-self/ns/net") as home, open(_FOLDER / self.name) as other:
            _enter(other.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def listening(self, address: str = "127.0.0.1", port: int = 0) -> socket.socket:
        """A TCP socket that listens inside, for a server of this process."""
        with self.inside():
            return socket.create_server((address, port))

    def wrapper(self, folder: Path, program: str) -> Path:
        """A script that runs `program` inside, for those who start programs by a path."""
        script = folder / f"{Path(program).name}-{self.name}"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.command)} {program} "$@"\n')
        script.chmod(0o755)
        return script


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


async def run(*words: str, stdin: str = "") -> str:
    """Runs a program to its end; RuntimeError with its words if it fails."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe)
    output, error = await process.communicate(stdin.encode())
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)}: {error.decode().strip()}")
    return output.decode()


def _is_stale(name: str) -> bool:
    """Whether the test process that made it is gone (killed before it could clean up)."""
    prefix, _, rest = name.partition("-")
    pid = rest.partition("-")[0]
    return prefix == PREFIX and pid.isdigit() and not Path(f"/proc/{pid}").exists()


@asynccontextmanager
async def a_namespace() -> AsyncIterator[Namespace]:
    """An empty one with its loopback interface up."""
    for stale in _FOLDER.glob(f"{PREFIX}-*") if _FOLDER.exists() else ():
        if _is_stale(stale.name):
            # another test process may be faster
            await asyncio.gather(run("ip", "netns", "delete", stale.name), return_exceptions=True)
    namespace = Namespace(f"{PREFIX}-{os.getpid()}-{next(_numbers)}")
    await run("ip", "netns", "add", namespace.name)
    try:
        await run("ip", "-n", namespace.name, "link", "set", "lo", "up")
        yield namespace
    finally:
        await run("ip", "netns", "delete", namespace.name)
