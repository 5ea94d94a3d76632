"""The node as a process for tests: settings in a file, ports nobody chose, and an end to every process."""

import asyncio
import os
import random
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import yaml

from tests.signaling.wire import KEY, SECRET

UNASKED_PORTS = (12_000, 32_000)
ROOT = Path(__file__).parents[2]


def a_free_port() -> int:
    return _a_free_port(socket.SOCK_STREAM)


def a_free_udp_port() -> int:
    return _a_free_port(socket.SOCK_DGRAM)


def _a_free_port(kind: socket.SocketKind) -> int:
    """Below those that the kernel gives to whoever asks for any: it stays free until a slow start has come to it."""
    while True:
        port = random.SystemRandom().randrange(*UNASKED_PORTS)
        with socket.socket(socket.AF_INET, kind) as one, suppress(OSError):
            one.bind(("0.0.0.0", port))
            return port


def a_config(folder: Path, **settings: object) -> Path:
    path = folder / "config.yaml"
    node = {"data_dir": str(folder / "data"), "api_keys": {KEY: SECRET}, "port": a_free_port(), "udp_port": 0}
    path.write_text(yaml.safe_dump({"node": node | settings}))
    return path


async def started(config: Path) -> asyncio.subprocess.Process:
    environment = {**os.environ, "LOPHOP_CONFIG": str(config)}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "signaling", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )


@asynccontextmanager
async def a_node(config: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A process that answers, and its address."""
    process = await started(config)
    url = f"http://127.0.0.1:{yaml.safe_load(config.read_text())['node']['port']}"
    try:
        async with aiohttp.ClientSession() as http:
            while not await _answers(http, url):
                assert process.returncode is None, (await words_of(process))[-2000:]
                await asyncio.sleep(0.05)
        yield process, url
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def words_of(process: asyncio.subprocess.Process) -> str:
    return (await process.communicate())[1].decode()


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/healthz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
