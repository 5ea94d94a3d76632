"""The whole program as a subprocess: `lophop serve` on free ports with a data folder of its own, and its API."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

START_TIMEOUT_S = 60
ROOT = Path(__file__).resolve().parents[2]


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that was free a moment ago on the loopback address."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Program:
    """`await start()`, `await stop()` or `await kill()` and start again: the data and the ports stay."""

    data: Path
    is_dev: bool = True
    database_url: str = ""
    holds_demo_session: bool = False
    port: int = field(default_factory=free_port)
    rtc_port: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    rtc_tcp_port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.data.parent / f"{self.data.name}.log"

    async def start(self) -> None:
        """Returns when both the LMS and the node answer through the public port."""
        options = ["--data", str(self.data), "--host", "127.0.0.1", "--node-ip", "127.0.0.1"]
        options += ["--port", str(self.port), "--rtc-port", str(self.rtc_port)]
        options += ["--rtc-tcp-port", str(self.rtc_tcp_port)]
        options += ["--dev"] if self.is_dev else []
        options += ["--database-url", self.database_url] if self.database_url else []
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "lophop",
                "serve",
                *options,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=os.environ | {"LOPHOP_HOLDS_DEMO_SESSION": "1" if self.holds_demo_session else "0"},
                start_new_session=True,
            )
        async with aiohttp.ClientSession() as session, asyncio.timeout(START_TIMEOUT_S):
            for path, good in (("/healthz", {200}), ("/rtc/validate", {400, 401})):
                while await self._status(session, path) not in good:
                    if self.process.returncode is not None:
                        raise RuntimeError(f"the program ended:\n{self.log_tail()}")
                    await asyncio.sleep(0.1)

    async def _status(self, session: aiohttp.ClientSession, path: str) -> int:
        try:
            async with session.get(self.url + path) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0

    async def stop(self) -> int:
        """A clean shutdown; gives the exit status."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            return await self.process.wait()

    async def kill(self) -> None:
        """kill -9 of the supervisor and every part, by their process group."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    def part_pid(self, part: str) -> int:
        """The process id of the newest start of a part: lms, node or recorder."""
        pids = [
            int(entry["pid"])
            for line in self.log_file.read_text(errors="replace").splitlines()
            if line.startswith("{")
            and (entry := json.loads(line)).get("event") == "part.started"
            and entry["part"] == part
        ]
        return pids[-1]

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])


@asynccontextmanager
async def running(data: Path, **options: Any) -> AsyncIterator[Program]:
    """A started program, killed at the end however the test ends."""
    program = Program(data, **options)
    try:
        await program.start()
        yield program
    finally:
        if program.process is not None:
            await program.kill()


class Person:
    """One logged-in person at the HTTP API; every call raises on an error status unless `status` says otherwise."""

    def __init__(self, program: Program, session: aiohttp.ClientSession) -> None:
        self._program, self._session = program, session

    @classmethod
    @asynccontextmanager
    async def logged_in(cls, program: Program, login: str, password: str) -> AsyncIterator["Person"]:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            person = cls(program, session)
            await person.post("/auth/login", {"login": login, "password": password})
            yield person

    async def get(self, path: str, *, status: int = 200) -> Any:
        return await self._call("GET", path, None, status)

    async def post(self, path: str, body: Any = None, *, status: int | None = None) -> Any:
        return await self._call("POST", path, {} if body is None else body, status)

    async def patch(self, path: str, body: Any, *, status: int | None = None) -> Any:
        return await self._call("PATCH", path, body, status)

    async def fetch(self, url: str) -> bytes:
        async with self._session.get(self._program.url + url) as answer:
            answer.raise_for_status()
            return await answer.read()

    async def upload(self, path: str, text: str) -> Any:
        headers = {"X-Lophop": "1", "Content-Type": "text/csv; charset=utf-8"}
        async with self._session.post(
            self._program.url + "/api/v1" + path, data=text.encode(), headers=headers
        ) as answer:
            return await answer.json()

    async def _call(self, method: str, path: str, body: Any, status: int | None) -> Any:
        url = self._program.url + "/api/v1" + path
        async with self._session.request(method, url, json=body, headers={"X-Lophop": "1"}) as answer:
            text = await answer.text()
            expected = {status} if status else {200, 201, 204}
            assert answer.status in expected, f"{method} {path}: {answer.status} {text[:400]}"
            return await answer.json() if text else None
