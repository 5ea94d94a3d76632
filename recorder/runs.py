"""The runs of one room's journal on disk: lists them, tells the dead from the living, reads on from a position."""

import fcntl
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from recorder.journal import HEADER, Damage, Record, scan

_RUN = re.compile(r"\d{13}")
_PIECE = re.compile(r"\d{6}\.jnl")
# Read at most this much of a piece at a time, so that many rooms share a worker.
CHUNK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading goes on: the run, the piece in it, the byte offset in that piece."""

    run: str
    piece: str = "000000.jnl"
    offset: int = 0


@dataclass(frozen=True, slots=True)
class RunEnded:
    """No writer holds the run any more and everything in it has been read."""

    run: str


def list_runs(folder: Path) -> list[str]:
    """The runs of a room, oldest first. A run counts once its first piece has its header."""
    try:
        names = sorted(name for name in os.listdir(folder) if _RUN.fullmatch(name))
    except FileNotFoundError:
        return []
    return [name for name in names if _first_piece_is_open(folder / name)]


def _first_piece_is_open(run: Path) -> bool:
    pieces = list_pieces(run)
    return bool(pieces) and (run / pieces[0]).stat().st_size >= HEADER.size


def list_pieces(run: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(run) if _PIECE.fullmatch(name))
    except FileNotFoundError:
        return []


def is_written_to(run: Path) -> bool:
    """Whether a writer still holds the run's lock."""
    try:
        handle = os.open(run / "writer.lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@dataclass(slots=True)
class RunReader:
    """Reads one run from a position; `items()` gives what has become readable since."""

    folder: Path
    position: Position
    seen_bytes: int = field(default=-1)

    def items(self, *, is_over: bool) -> list[Record | Damage]:
        """The next records, at most a chunk. `is_over` says that nobody writes to this run any more.

        An empty list means: nothing new now, and when `is_over` nothing ever.
        """
        while True:
            pieces = list_pieces(self.folder)
            following = next((name for name in pieces if name > self.position.piece), None)
            is_final = is_over or following is not None
            found = self._read_piece(is_final=is_final)
            if found or following is None:
                return found
            if not self._is_exhausted():
                continue
            self.position = Position(self.position.run, following, 0)
            self.seen_bytes = -1

    def _is_exhausted(self) -> bool:
        try:
            size = (self.folder / self.position.piece).stat().st_size
        except FileNotFoundError:
            return True
        return self.position.offset >= size

    def _read_piece(self, *, is_final: bool) -> list[Record | Damage]:
        path = self.folder / self.position.piece
        offset = max(self.position.offset, HEADER.size)
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size == self.seen_bytes and not is_final:
                    return []
                file.seek(offset)
                data = file.read(CHUNK_BYTES)
        except FileNotFoundError:
            return []
        reaches_end = offset + len(data) >= size
        result = scan(data, origin=offset, is_final=is_final and reaches_end)
        if result.consumed == 0 and not reaches_end:
            # A whole chunk without one frame: give it up except a tail in which a frame may have begun.
            skipped = len(data) - (1 << 20)
            self._advance(offset + skipped)
            return [Damage(offset, offset + skipped)]
        self._advance(offset + result.consumed)
        self.seen_bytes = size if reaches_end else -1
        return list(result.items)

    def _advance(self, offset: int) -> None:
        self.position = Position(self.position.run, self.position.piece, offset)
