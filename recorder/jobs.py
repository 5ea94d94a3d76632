"""Follows one room's journal and keeps its archive: read, decide, write, checkpoint, tell. Blocking; runs in a thread.

Order: segments reach the disk before the playlist that lists them, playlists before archive.json, that before the
webhook. Everything but the outbox can be made again from the journal.
"""

import os
import time
from collections import deque
from pathlib import Path

import structlog

from recorder.archive import State
from recorder.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from recorder.config import RecorderConfig
from recorder.journal import Damage, Record
from recorder.notify import Outbox, announce
from recorder.renditions import File
from recorder.room import Item, RoomRecording, RunBegan
from recorder.runs import Position, RunEnded, RunReader, is_written_to, list_pieces, list_runs
from recorder.storage import write_file

log = structlog.get_logger()

PUBLISH_S = 1.0
# A writer makes itself heard far more often while it lives; its lock is tried only after this.
QUIET_S = 2.0


class RoomJob:
    """Brings the archive of one room up to its journal, call by call."""

    def __init__(self, config: RecorderConfig, folder: str, outbox: Outbox) -> None:
        self._journal = config.journal_dir / folder
        self._archive = config.archive_dir / folder
        self._state = config.state_dir / folder
        self._folder = folder
        self._outbox = outbox
        self._unread: deque[Record | Damage] = deque()
        self._pending: deque[File] = deque()
        self._published_at = 0.0
        self._published: tuple[int, State] | None = None
        self._is_caught_up = False
        checkpoint = load_checkpoint(self._state / "checkpoint")
        self.recording = checkpoint.recording if checkpoint else RoomRecording()
        self._reader: RunReader | None = self._read_from(checkpoint.position) if checkpoint else None
        self._is_run_over = False
        # Whether the archive of a run whose node died is as good as it gets until another run comes.
        self._rests = False

    def _read_from(self, position: Position) -> RunReader:
        return RunReader(self._journal / position.run, position)

    @property
    def is_finished(self) -> bool:
        """Whether the archive is final and published."""
        return self.recording.was_closed and self._published == self._stage

    @property
    def _stage(self) -> tuple[int, State]:
        return self.recording.runs, self.recording.contents.state

    def advance(self) -> bool:
        """Does one portion of work; whether there is more to do at once. After an OSError it may be called again."""
        self._write_pending()
        self._catch_up()
        runs = list_runs(self._journal)
        following = self._following(runs)
        if self._reader is None:
            if following is None:
                return False
            self._begin(following)
            return True
        is_over = following is not None or self._is_abandoned()
        items = self._reader.items(is_over=is_over)
        if items:
            self._is_run_over = self._rests = False
            self._unread += items
            self._catch_up()
        elif is_over and not self._is_run_over:
            self._process(RunEnded(self._reader.position.run))
            self._is_run_over = True
        elif following is not None:
            self._begin(following)
            return True
        self._is_caught_up = self._is_caught_up or not items
        self._publish()
        return bool(items) or following is not None

    def _following(self, runs: list[str]) -> str | None:
        current = self._reader.position.run if self._reader else ""
        return next((run for run in runs if run > current), None)

    def _begin(self, run: str) -> None:
        self._reader = self._read_from(Position(run))
        self._is_run_over = self._rests = False
        self._process(RunBegan(run))

    def _is_abandoned(self) -> bool:
        assert self._reader is not None
        folder = self._reader.folder
        pieces = list_pieces(folder)
        if not pieces:
            return True
        quiet_s = time.time() - (folder / pieces[-1]).stat().st_mtime
        return quiet_s > QUIET_S and not is_written_to(folder)

    def _catch_up(self) -> None:
        while self._unread:
            self._process(self._unread.popleft())

    def _process(self, item: Item) -> None:
        try:
            self.recording.process(item)
        except Exception:
            # One record that trips us must not cost the rest of the session.
            log.exception("journal record dropped", room=self._folder)
            self.recording.is_interrupted = True
        self._pending += self.recording.take_files()
        self._write_pending()
        if self.recording.checkpoint_due and isinstance(item, Record):
            self._save(item.end)

    def _write_pending(self) -> None:
        while self._pending:
            file = self._pending[0]
            write_file(self._archive / file.path, file.data)
            self._pending.popleft()

    def _save(self, offset: int) -> None:
        assert self._reader is not None
        position = Position(self._reader.position.run, self._reader.position.piece, offset)
        save_checkpoint(self._state / "checkpoint", Checkpoint(self.recording, position))

    def _publish(self) -> None:
        is_final = self.recording.was_closed
        is_due = time.monotonic() - self._published_at >= PUBLISH_S
        if not self._is_caught_up and not is_final:
            return
        if is_final and self._published == self._stage or not is_final and not is_due:
            return
        if self._rests or not (self.recording.renditions or is_final):
            return
        self._write_lists(is_final=is_final)
        self._announce(is_final=is_final)
        self._published = self._stage
        self._published_at = time.monotonic()
        self._rests = self._is_run_over
        if is_final:
            assert self._reader is not None
            self._save(self._reader.position.offset)
            self._mark_finished()

    def _write_lists(self, *, is_final: bool) -> None:
        for rendition in self.recording.renditions.values():
            if rendition.entries and (rendition.is_dirty or is_final):
                file = rendition.playlist(is_ended=is_final)
                write_file(self._archive / file.path, file.data)
                rendition.is_dirty = False
        document = self.recording.document(int(time.time() * 1000))
        write_file(self._archive / document.path, document.data)

    def _announce(self, *, is_final: bool) -> None:
        """Tells each opening and each end of the recording once, in order."""
        contents = self.recording.contents
        openings = max(1, self.recording.openings)
        due = ["egress_started", "egress_ended"] * openings
        told = self._told()
        for number in range(told + 1, len(due) + is_final):
            telling = announce(
                folder=self._folder,
                number=number,
                opening=(number + 1) // 2,
                event=due[number - 1],
                contents=contents,
                now=time.time(),
            )
            self._outbox.put(self._folder, telling)
            write_file(self._state / "told", b"%d" % number)

    def _told(self) -> int:
        try:
            return int((self._state / "told").read_bytes())
        except (FileNotFoundError, ValueError):
            return 0

    def _mark_finished(self) -> None:
        assert self._reader is not None
        write_file(self._state / "finished", self._reader.position.run.encode())


def has_work(config: RecorderConfig, folder: str) -> bool:
    """Whether a room's journal holds a run that its finished archive does not."""
    runs = list_runs(config.journal_dir / folder)
    if not runs:
        return False
    try:
        return (config.state_dir / folder / "finished").read_text("ascii") < runs[-1]
    except FileNotFoundError:
        return True


def list_rooms(journal_dir: Path) -> dict[str, int]:
    """The rooms that have a journal, each with a stamp that changes when a run is added."""
    try:
        with os.scandir(journal_dir) as found:
            return {entry.name: entry.stat().st_mtime_ns for entry in found if entry.is_dir()}
    except FileNotFoundError:
        return {}
