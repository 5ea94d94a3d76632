"""A media node as a process of its own, with its log in a file, so that a test can tell whether it was harmed."""

import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from livekit import api

from tests.signaling.process import ROOT, a_config, a_free_port, a_free_udp_port
from tests.signaling.wire import KEY, SECRET


@dataclass(slots=True, kw_only=True)
class LiveNode:
    """A node that answers."""

    process: asyncio.subprocess.Process
    url: str
    media_port: int
    log: Path

    @property
    def media_address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.media_port)

    @property
    def rss_kib(self) -> int:
        """Resident memory now."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))

    @property
    def cpu_s(self) -> float:
        """Processor seconds used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def control_cpu_s(self) -> float:
        """What the thread of the event loop has used of it."""
        pid = self.process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9

    @property
    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def faults(self) -> list[str]:
        """What the log has of our own failures: an error, a traceback, a panic; and the process's end."""
        lines = self.log.read_text(errors="replace").splitlines()
        found = [line[:600] for line in lines if _is_fault(line)]
        return found + ([f"ended with {self.process.returncode}"] if self.process.returncode is not None else [])

    def entries(self, event: str) -> list[dict[str, Any]]:
        """The log's lines of one kind."""
        lines = self.log.read_text(errors="replace").splitlines()
        read = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in read if entry.get("event") == event]


def _is_fault(line: str) -> bool:
    if not line.startswith("{"):
        return "Traceback" in line or "panicked" in line
    entry = json.loads(line)
    return entry.get("level") in ("error", "critical") or "exception" in entry


@asynccontextmanager
async def a_live_node(
    folder: Path, *, open_files: int = 0, program: str = "signaling", busy_s: float = 0, **settings: object
) -> AsyncIterator[LiveNode]:
    """`settings` are those of the node; `open_files` limits its descriptors; `busy_s` is for `tests.support.busy_node`
    as the `program`. Killed at the end, whatever happens."""
    port, media_port = a_free_port(), a_free_udp_port()
    config = a_config(folder, **({"port": port, "udp_port": media_port} | settings))
    log = folder / "node.log"
    limit = (open_files, open_files) if open_files else resource.getrlimit(resource.RLIMIT_NOFILE)
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            program,
            cwd=ROOT,
            env={**os.environ, "LOPHOP_CONFIG": str(config), "LOPHOP_TEST_BUSY_S": str(busy_s)},
            stdout=file,
            stderr=file,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit),
        )
    node = LiveNode(process=process, url=f"http://127.0.0.1:{port}", media_port=media_port, log=log)
    try:
        async with aiohttp.ClientSession() as http:
            while not await _answers(http, node.url):
                assert process.returncode is None, log.read_text()[-2000:]
                await asyncio.sleep(0.05)
        yield node
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        await process.wait()


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/healthz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def rows_of(node: LiveNode, room: str) -> dict[str, Any]:
    """What the node knows of a room's participants and tracks, as far as only their owner may change it."""
    async with api.LiveKitAPI(node.url, KEY, SECRET) as server:
        answer = await server.room.list_participants(api.ListParticipantsRequest(room=room))
    return {
        each.identity: (
            each.sid,
            each.name,
            each.metadata,
            each.permission.SerializeToString(deterministic=True),
            sorted((track.sid, track.muted, track.name, track.source) for track in each.tracks),
        )
        for each in answer.participants
    }
