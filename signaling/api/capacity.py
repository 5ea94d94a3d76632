"""What this node has room for: descriptors for sockets, and time of its media threads. Beyond it newcomers get 503."""

import asyncio
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from signaling.session.overload import Overload

# journals, the webhook outbox, requests of the server API, logs
RESERVED_FILES = 96
# of which so many are for requests when there is no room for another stay
FOR_REQUESTS = 32
MEDIA_THREAD = "media-"
TASKS = Path("/proc/self/task")

log = structlog.get_logger("node")


class Capacity:
    """`refusal` says at once; `run` keeps the measure."""

    def __init__(self, on_busy: Callable[[float], None]) -> None:
        """`on_busy`: told once a second how busy the busiest media thread is."""
        self._on_busy = on_busy
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._sockets = max(soft - RESERVED_FILES, 1)
        self._overload = Overload()

    def refusal(self, open_connections: int) -> str:
        """Why nobody more may come in now; empty when somebody may."""
        if open_connections >= self._sockets:
            return "this node has no descriptor left for another connection"
        return "this node has no time left for more media" if self._overload.is_overloaded else ""

    async def run(self) -> None:
        """Once a second, until cancelled."""
        used, at = _used_s(), time.monotonic()
        while True:
            await asyncio.sleep(1)
            now_used, now = _used_s(), time.monotonic()
            busiest_s = max((seconds - used.get(thread, 0.0) for thread, seconds in now_used.items()), default=0.0)
            busy = busiest_s / max(now - at, 0.001)
            used, at = now_used, now
            self._on_busy(busy)
            if self._overload.note(busy):
                log.warning("overload", is_overloaded=self._overload.is_overloaded, busy=round(busy, 2))


def most_connections() -> int:
    """At one time, whatever they are for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - RESERVED_FILES + FOR_REQUESTS, 1)


def _used_s() -> dict[str, float]:
    """Processor seconds of each media thread; nothing where the system does not tell."""
    found: dict[str, float] = {}
    try:
        for task in TASKS.iterdir():
            name, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
            if name.startswith(MEDIA_THREAD):
                fields = rest.split()
                found[task.name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return found
    return found
