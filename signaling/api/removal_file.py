"""Removals on disk, so that a restarted node knows them: one JSON object a line, appended and synced.

A line that a crash tore off is skipped. What has ended is dropped when the file is opened. The disk is never waited
for in the event loop; when it refuses, the removal holds in memory and the log says so.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import structlog

from signaling.session.removals import Removal, Removals

log = structlog.get_logger("removals")


class RemovalFile:
    """`removals` is what the door asks; the server API adds to it and has it kept."""

    def __init__(self, path: Path, now: float) -> None:
        self._path = path
        self._writing = asyncio.Lock()
        self.removals = Removals(_read(path))
        if path.exists():
            try:
                _rewrite(path, self.removals.current(now))
            except OSError as error:
                log.error("removals on disk not tidied", reason=str(error))

    async def keep(self, removal: Removal) -> None:
        """On disk when this returns."""
        async with self._writing:
            try:
                await asyncio.to_thread(_append, self._path, removal)
            except OSError as error:
                log.error("removal not kept for a restart", room=removal.room, reason=str(error))


def _line(removal: Removal) -> str:
    return json.dumps(asdict(removal), ensure_ascii=False, separators=(",", ":")) + "\n"


def _read(path: Path) -> Iterator[Removal]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            values = json.loads(line)
            yield Removal(
                room=str(values["room"]),
                identity=str(values["identity"]),
                issued_until=int(values["issued_until"]),
                ends_at=int(values["ends_at"]),
            )
        except (ValueError, TypeError, KeyError, RecursionError):
            log.warning("a removal on disk cannot be read", file=path.name)


def _append(path: Path, removal: Removal) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(_line(removal))
        file.flush()
        os.fsync(file.fileno())


def _rewrite(path: Path, removals: list[Removal]) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.writelines(_line(one) for one in removals)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
