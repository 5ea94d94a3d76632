"""The outbox: what was recorded is there after a crash, once, in order."""

import sqlite3
from pathlib import Path

import pytest

from signaling.api.outbox import Outbox, OutgoingEvent

URL, OTHER = "http://one", "http://two"


def an_event(event_id: str, room: str = "r") -> OutgoingEvent:
    return OutgoingEvent(event_id=event_id, room=room, body=event_id.encode())


def heads(outbox: Outbox, url: str = URL) -> list[str]:
    return [head.event.event_id for head in outbox.heads(url)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node" / "outbox.sqlite3"


def test_the_oldest_of_each_room_may_go(path: Path) -> None:
    outbox = Outbox(path, [URL])
    outbox.record([an_event("a1"), an_event("b1", "b"), an_event("a2")])
    assert heads(outbox) == ["a1", "b1"]
    outbox.delivered(URL, [outbox.heads(URL)[0].seq])
    assert heads(outbox) == ["b1", "a2"]
    outbox.close()


def test_what_was_recorded_survives_without_a_close(path: Path) -> None:
    crashed = Outbox(path, [URL])
    crashed.record([an_event("a1")])
    again = Outbox(path, [URL])
    assert again.heads(URL)[0].event == an_event("a1")
    crashed.close()
    again.close()


def test_an_event_is_recorded_once(path: Path) -> None:
    outbox = Outbox(path, [URL])
    outbox.record([an_event("a1"), an_event("a1")])
    outbox.record([an_event("a1")])
    assert outbox.waiting() == 1
    outbox.close()


def test_each_address_is_owed_its_own_delivery(path: Path) -> None:
    outbox = Outbox(path, [URL, OTHER])
    outbox.record([an_event("a1")])
    outbox.delivered(URL, [outbox.heads(URL)[0].seq])
    assert heads(outbox) == [] and heads(outbox, OTHER) == ["a1"]
    outbox.delivered(OTHER, [outbox.heads(OTHER)[0].seq])
    outbox.close()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT COUNT(*) FROM event").fetchone() == (0,)
    db.close()


def test_an_address_that_is_configured_no_more_is_owed_nothing(path: Path) -> None:
    before = Outbox(path, [OTHER])
    before.record([an_event("a1")])
    before.close()
    after = Outbox(path, [URL])
    assert after.waiting() == 0
    after.close()


def test_half_a_batch_is_never_recorded(path: Path) -> None:
    outbox = Outbox(path, [URL])
    with pytest.raises(sqlite3.IntegrityError):
        outbox.record([an_event("a1"), OutgoingEvent(event_id="a2", room="r", body=None)])  # type: ignore[arg-type]
    assert outbox.waiting() == 0
    outbox.close()
