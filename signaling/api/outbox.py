"""The durable outbox of webhooks: one SQLite file, so that no event is lost when a process is killed.

An event is one row and one delivery per address; a delivery is deleted when the address has answered 2xx, the
event with its last delivery. Order within a room is the order of recording. Everything here blocks: it runs in
the notifier's own thread.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, room TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
  url TEXT NOT NULL, seq INTEGER NOT NULL REFERENCES event(seq), room TEXT NOT NULL, PRIMARY KEY (url, seq)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS delivery_seq ON delivery(seq);
"""

_HEADS = """
SELECT e.seq, e.id, e.room, e.body FROM event e JOIN (
  SELECT MIN(seq) AS seq FROM delivery WHERE url = ? GROUP BY room) d ON d.seq = e.seq ORDER BY e.seq
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEvent:
    """One event as it is sent: the body is final."""

    event_id: str
    room: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The oldest event of one room that an address has not yet taken."""

    seq: int
    event: OutgoingEvent


class Outbox:
    """The file. Used from one thread only."""

    def __init__(self, path: Path, urls: Sequence[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._urls = tuple(urls)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        self._forget_other_addresses()

    def _forget_other_addresses(self) -> None:
        """Deliveries to addresses that are no longer configured would stay for ever."""
        marks = ",".join("?" * len(self._urls))
        with self._transaction():
            self._db.execute(f"DELETE FROM delivery WHERE url NOT IN ({marks})", self._urls)
            self._db.execute("DELETE FROM event WHERE seq NOT IN (SELECT seq FROM delivery)")

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._db)

    def record(self, events: Iterable[OutgoingEvent]) -> None:
        """Add events in order, once each: an id that is known is skipped."""
        with self._transaction():
            for event in events:
                cursor = self._db.execute(
                    "INSERT INTO event (id, room, body) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
                    (event.event_id, event.room, event.body),
                )
                if cursor.rowcount == 1:
                    self._db.executemany(
                        "INSERT INTO delivery (url, seq, room) VALUES (?, ?, ?)",
                        [(url, cursor.lastrowid, event.room) for url in self._urls],
                    )

    def heads(self, url: str) -> list[Delivery]:
        """What may be sent to the address now: the oldest waiting event of each room, oldest first."""
        rows = self._db.execute(_HEADS, (url,))
        return [
            Delivery(seq=seq, event=OutgoingEvent(event_id=event_id, room=room, body=body))
            for seq, event_id, room, body in rows
        ]

    def delivered(self, url: str, seqs: Collection[int]) -> None:
        """The address has taken these."""
        with self._transaction():
            for seq in seqs:
                self._db.execute("DELETE FROM delivery WHERE url = ? AND seq = ?", (url, seq))
                self._db.execute(
                    "DELETE FROM event WHERE seq = ? AND NOT EXISTS (SELECT 1 FROM delivery WHERE seq = ?)",
                    (seq, seq),
                )

    def waiting(self) -> int:
        """How many deliveries are still owed."""
        row = self._db.execute("SELECT COUNT(*) FROM delivery").fetchone()
        return int(row[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class _Transaction:
    """BEGIN IMMEDIATE ... COMMIT, or ROLLBACK when the block raises."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
