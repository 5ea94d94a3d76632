"""One stream put back in order: each packet once, holes announced after a second, restarts believed."""

import random

from recorder.reorder import MAX_WAIT_S, Arrived, Hole, ReorderBuffer
from recorder.rtp import RtpPacket


def packet(sequence: int) -> RtpPacket:
    return RtpPacket(111, False, sequence & 0xFFFF, 0, 1, b"x")


def push_all(buffer: ReorderBuffer, sequences: list[int], now: float = 0.0) -> list[int | str]:
    out: list[int | str] = []
    for sequence in sequences:
        out += told(buffer.push(packet(sequence), now))
    return out


def told(items: list[Arrived | Hole]) -> list[int | str]:
    return [f"hole {i.missing}" if isinstance(i, Hole) else i.packet.sequence for i in items]


def test_packets_in_order_leave_at_once_across_the_wrap() -> None:
    assert push_all(ReorderBuffer(), [65534, 65535, 65536, 65537]) == [65534, 65535, 0, 1]


def test_a_late_packet_is_put_in_its_place() -> None:
    assert push_all(ReorderBuffer(), [1, 2, 4, 5, 3, 6]) == [1, 2, 3, 4, 5, 6]


def test_duplicates_leave_once() -> None:
    assert push_all(ReorderBuffer(), [1, 1, 2, 4, 4, 3, 2]) == [1, 2, 3, 4]


def test_a_hole_is_announced_after_the_wait() -> None:
    buffer = ReorderBuffer()
    assert push_all(buffer, [1, 4, 5]) == [1]

    assert told(buffer.poll(MAX_WAIT_S - 0.01)) == []
    assert told(buffer.poll(MAX_WAIT_S)) == ["hole 2", 4, 5]
    assert push_all(buffer, [2, 3, 6]) == [6]


def test_later_packets_give_up_the_hole_too() -> None:
    buffer = ReorderBuffer()
    push_all(buffer, [1, 3])

    assert push_all(buffer, [4], now=MAX_WAIT_S) == ["hole 1", 3, 4]


def test_flush_lets_everything_out() -> None:
    buffer = ReorderBuffer()
    push_all(buffer, [1, 3, 6])

    assert told(buffer.flush()) == ["hole 1", 3, "hole 2", 6]


def test_one_wild_sequence_is_ignored() -> None:
    assert push_all(ReorderBuffer(), [1, 2, 30000, 3, 4]) == [1, 2, 3, 4]


def test_a_restarted_sequence_is_believed_at_its_second_packet() -> None:
    assert push_all(ReorderBuffer(), [1, 2, 30000, 30001, 30002]) == [1, 2, "hole 0", 30000, 30001, 30002]


def test_any_shuffle_within_reach_comes_out_sorted() -> None:
    for seed in range(50):
        rng = random.Random(seed)
        start = rng.randrange(65536)
        order = sorted(range(1, 300), key=lambda n: n + rng.uniform(0, 50))
        got = push_all(ReorderBuffer(), [start, *(start + n for n in order)])
        assert got == [(start + n) & 0xFFFF for n in range(300)]
