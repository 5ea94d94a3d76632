"""Where a recording goes on after a crash: its state and the journal position it belongs to, in one sealed file.

Only a shortcut: without it, or when it is damaged or of another version, the journal is read again from its start.
The file is pickled, so it names nothing but the recorder's own types, deques and numpy arrays; others are refused.
"""

import hashlib
import io
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from recorder.room import RoomRecording
from recorder.runs import Position
from recorder.storage import write_file

log = structlog.get_logger()

# Raise it whenever the meaning of the state changes.
VERSION = 2
_HEAD = b"LOPHOPC%d\n" % VERSION
_ALLOWED = frozenset(
    (
        ("collections", "deque"),
        ("copyreg", "_reconstructor"),
        ("builtins", "object"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.numeric", "_frombuffer"),
    )
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A recording between two records, and where the next one is."""

    recording: RoomRecording
    position: Position


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("recorder.") or (module, name) in _ALLOWED:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a checkpoint")


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    body = pickle.dumps(checkpoint, protocol=5)
    write_file(path, _HEAD + hashlib.sha256(body).digest() + body)


def load_checkpoint(path: Path) -> Checkpoint | None:
    """The last one saved, or None when there is none that can be used."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    start = len(_HEAD) + 32
    body = data[start:]
    if data[: len(_HEAD)] != _HEAD or data[len(_HEAD) : start] != hashlib.sha256(body).digest():
        log.warning("checkpoint not usable, reading the journal again", path=str(path))
        return None
    try:
        checkpoint = _Unpickler(io.BytesIO(body)).load()
    except (pickle.UnpicklingError, AttributeError, ImportError, TypeError) as error:
        log.warning("checkpoint not usable, reading the journal again", path=str(path), error=str(error))
        return None
    return checkpoint if isinstance(checkpoint, Checkpoint) else None
