"""Keeps processes alive: starts each, restarts a dead one with back-off, stops all cleanly.

Invariant: no child outlives the supervisor, even when that is killed: the kernel sends each child SIGTERM at the
death of its parent.
"""

import asyncio
import contextlib
import ctypes
import signal
import sys
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

log = structlog.get_logger()

FIRST_DELAY_S, MAX_DELAY_S = 0.2, 5.0
HEALTHY_AFTER_S = 20.0
"""A process that lived this long is not in a crash loop: its next restart is at once again."""
STOP_TIMEOUT_S = 8.0
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One supervised process: `python -m module`."""

    name: str
    module: str


def restart_delay(earlier_s: float, lived_s: float) -> float:
    """Seconds to wait before a restart, given the delay before and how long the process then lived."""
    if lived_s >= HEALTHY_AFTER_S:
        return FIRST_DELAY_S
    return min(MAX_DELAY_S, max(FIRST_DELAY_S, earlier_s * 2))


class Supervisor:
    """Runs `parts` until `stop`; `pids` tells who is alive now."""

    def __init__(self, parts: Sequence[Part], environment: Mapping[str, str]) -> None:
        self._parts = parts
        self._environment = dict(environment)
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._is_stopping = asyncio.Event()

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._processes.items()}

    async def run(self) -> None:
        """Returns after `stop`, when every child has ended."""
        async with asyncio.TaskGroup() as group:
            for part in self._parts:
                group.create_task(self._keep(part))

    def stop(self) -> None:
        self._is_stopping.set()

    async def or_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Does `work`, but no longer than until `stop`."""
        doing, stopping = asyncio.ensure_future(work), asyncio.ensure_future(self._is_stopping.wait())
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (doing, stopping):
            task.cancel()
        await asyncio.gather(doing, stopping, return_exceptions=True)

    async def _keep(self, part: Part) -> None:
        delay_s = 0.0
        clock = asyncio.get_running_loop().time
        while not self._is_stopping.is_set():
            started = clock()
            code = await self._run_once(part)
            if self._is_stopping.is_set():
                return
            delay_s = restart_delay(delay_s, clock() - started)
            log.warning("part.died", part=part.name, code=code, restart_in_s=delay_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay_s):
                    await self._is_stopping.wait()

    async def _run_once(self, part: Part) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", part.module, env=self._environment, preexec_fn=_die_with_parent
        )
        self._processes[part.name] = process
        log.info("part.started", part=part.name, pid=process.pid)
        ended = asyncio.ensure_future(process.wait())
        stopping = asyncio.ensure_future(self._is_stopping.wait())
        try:
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await _end(process, part.name)
            return await ended
        finally:
            stopping.cancel()
            self._processes.pop(part.name, None)


async def _end(process: asyncio.subprocess.Process, name: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            log.warning("part.killed", part=name, reason="did not end in time")
            process.kill()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
