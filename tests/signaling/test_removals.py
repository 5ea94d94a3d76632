"""Who was sent away: which tokens are refused, for how long, and what of it a restarted node knows."""

import asyncio
from pathlib import Path

from signaling.api.removal_file import RemovalFile
from signaling.session.removals import KEEP_S, Removal, Removals, removal

NOW = 1_800_000_000.7
SECOND = 1_800_000_000


def a_removal(**changes: object) -> Removal:
    values: dict[str, object] = {"room": "hall", "identity": "an", "issued_until": SECOND, "ends_at": SECOND + 60}
    return Removal(**(values | changes))  # type: ignore[arg-type]


def test_tokens_issued_up_to_the_removal_are_refused_and_later_ones_are_not() -> None:
    removals = Removals([removal("hall", "an", NOW)])
    for issued_at, is_barred in ((0, True), (SECOND - 9, True), (SECOND, True), (SECOND + 1, False)):
        assert removals.bars("hall", "an", issued_at, NOW) is is_barred


def test_other_rooms_and_other_people_are_not_meant() -> None:
    removals = Removals([removal("hall", "an", NOW)])
    assert not removals.bars("yard", "an", 0, NOW)
    assert not removals.bars("hall", "binh", 0, NOW)


def test_a_token_in_use_from_a_clock_ahead_is_refused_too() -> None:
    removals = Removals([removal("hall", "an", NOW, revoked_until=SECOND + 30)])
    assert removals.bars("hall", "an", SECOND + 30, NOW + 40)
    assert not removals.bars("hall", "an", SECOND + 31, NOW + 40)


def test_a_removal_ends_after_thirty_days_or_with_the_token_in_use() -> None:
    short, long = removal("hall", "an", NOW), removal("hall", "binh", NOW, token_ends_at=NOW + 2 * KEEP_S)
    removals = Removals([short, long])
    later = NOW + KEEP_S + 2
    assert removals.bars("hall", "an", 0, NOW + KEEP_S) and not removals.bars("hall", "an", 0, later)
    assert removals.bars("hall", "binh", 0, later)
    assert removals.current(later) == [long]


def test_a_second_removal_counts_from_then_and_an_older_one_changes_nothing() -> None:
    removals = Removals([a_removal(), a_removal(issued_until=SECOND + 9), a_removal(issued_until=SECOND - 9)])
    assert removals.bars("hall", "an", SECOND + 9, NOW)
    assert len(removals.current(NOW)) == 1


def test_a_restarted_node_knows_them(tmp_path: Path) -> None:
    path = tmp_path / "node" / "removed.jsonl"
    asyncio.run(RemovalFile(path, NOW).keep(a_removal(identity="Bình \n ' \"")))
    again = RemovalFile(path, NOW).removals
    assert again.bars("hall", "Bình \n ' \"", SECOND, NOW)


def test_what_has_ended_is_dropped_from_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "removed.jsonl"
    asyncio.run(RemovalFile(path, NOW).keep(a_removal()))
    assert RemovalFile(path, NOW + 120).removals.current(NOW) == []
    assert path.read_bytes() == b""


def test_torn_and_foreign_lines_are_skipped_and_the_next_removal_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "removed.jsonl"
    asyncio.run(RemovalFile(path, NOW).keep(a_removal()))
    with path.open("ab") as file:
        file.write(b'[]\n{"room": 1}\n\xff\xfe\n{"room": "hall", "identi')
    asyncio.run(RemovalFile(path, NOW).keep(a_removal(identity="chi")))
    kept = RemovalFile(path, NOW).removals
    assert kept.bars("hall", "an", 0, NOW) and kept.bars("hall", "chi", 0, NOW)


def test_a_disk_that_refuses_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "node").write_text("not a folder")
    asyncio.run(RemovalFile(tmp_path / "node" / "removed.jsonl", NOW).keep(a_removal()))
