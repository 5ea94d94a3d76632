"""What the recorder has written, read from `<data>/archive/<room>/`; nothing outside it can be reached."""

import asyncio
from pathlib import Path

import msgspec
import structlog
from aiohttp import web

from lms.ids import SessionId
from lms.library.schemas import Archive
from signaling.protocol.naming import room_of_session

MANIFEST = "archive.json"
_SERVED = frozenset({".m3u8", ".m4s", ".mp4", ".webm", ".jpg", ".jpeg", ".png", ".webp", ".vtt", ".json"})
_CACHED_LIMIT = 512

log = structlog.get_logger()


class Archives:
    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._cached: dict[SessionId, tuple[tuple[int, int], Archive]] = {}

    async def read(self, session_id: SessionId) -> Archive | None:
        """The manifest as it is now; None when there is none yet."""
        return await asyncio.to_thread(self._read, session_id)

    async def file(self, session_id: SessionId, path: str) -> Path | None:
        """A file of that session's archive by its path there; None for anything else, however it is spelt."""
        return await asyncio.to_thread(self._file, session_id, path)

    def _folder(self, session_id: SessionId) -> Path:
        return self._root / room_of_session(session_id)

    def _read(self, session_id: SessionId) -> Archive | None:
        file = self._folder(session_id) / MANIFEST
        try:
            stat = file.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            cached = self._cached.get(session_id)
            if cached is not None and cached[0] == stamp:
                return cached[1]
            archive = msgspec.json.decode(file.read_bytes(), type=Archive)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("archive_unreadable", session_id=session_id, error=str(error))
            return None
        if len(self._cached) >= _CACHED_LIMIT:
            self._cached.clear()
        self._cached[session_id] = (stamp, archive)
        return archive

    def _file(self, session_id: SessionId, path: str) -> Path | None:
        folder = self._folder(session_id)
        parts = path.split("/")
        if "\0" in path or "\\" in path or any(part in ("", ".", "..") or part.startswith(".") for part in parts):
            return None
        try:
            file = folder.joinpath(*parts).resolve()
            inside = file.is_relative_to(folder.resolve()) and folder.resolve().is_relative_to(self._root)
            return file if inside and file.suffix in _SERVED and file.is_file() else None
        except OSError:
            return None


ARCHIVES = web.AppKey("archives", Archives)
