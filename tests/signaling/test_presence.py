"""Proven presence on its way out: no second is lost, none is told twice in a batch."""

from hypothesis import given
from hypothesis import strategies as st

from sfu.events import PresenceProven
from sfu.ids import Identity, ParticipantSid, RoomName
from signaling.session.presence import PresenceBatch, joined

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=20)


def seconds(pairs: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> set[int]:
    return {second for start, end in pairs for second in range(start, end)}


@given(spans)
def test_joining_keeps_every_second_and_leaves_the_spans_apart(pairs: list[tuple[int, int]]) -> None:
    result = joined(pairs)
    assert seconds(result) == seconds(pairs)
    assert all(one[1] < other[0] for one, other in zip(result, result[1:], strict=False))


def proven(identity: str, *pairs: tuple[int, int], room: str = "r") -> PresenceProven:
    return PresenceProven(
        room=RoomName(room), identity=Identity(identity), participant_sid=ParticipantSid(f"PA_{identity}"), spans=pairs
    )


def test_a_batch_is_taken_once_and_per_room() -> None:
    batch = PresenceBatch()
    for event in (proven("an", (1, 2)), proven("an", (2, 4)), proven("binh", (1, 2)), proven("chi", (1, 2), room="q")):
        batch.add(event)
    assert batch.rooms() == ["r", "q"]
    taken = batch.take(RoomName("r"))
    assert [(one.identity, one.spans) for one in taken] == [("an", ((1, 4),)), ("binh", ((1, 2),))]
    assert batch.take(RoomName("r")) == []
    assert batch.rooms() == ["q"]
