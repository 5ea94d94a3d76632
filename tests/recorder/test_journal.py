"""The journal reader: whole frames come out, whatever the bytes around them hold."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.journal import Damage, Record, read_header, read_report, scan
from tests.support.journal import ZERO_MS, frame_bytes

NS = ZERO_MS * 1_000_000


def frames(count: int, size: int = 40) -> list[bytes]:
    return [frame_bytes(2, NS + n, n, bytes((n % 256,)) * size) for n in range(count)]


def tracks(items: tuple[Record | Damage, ...]) -> list[int]:
    return [item.track for item in items if isinstance(item, Record)]


def test_records_come_out_in_order_with_their_ends() -> None:
    parts = frames(3)

    result = scan(b"".join(parts), origin=16, is_final=True)

    assert tracks(result.items) == [0, 1, 2]
    assert [item.end for item in result.items] == [16 + len(parts[0]) * n for n in (1, 2, 3)]
    assert result.consumed == sum(map(len, parts))


def test_a_torn_tail_is_waited_for() -> None:
    data = b"".join(frames(3))

    result = scan(data[:-5], origin=16, is_final=False)

    assert tracks(result.items) == [0, 1]
    assert result.consumed == 2 * len(data) // 3
    assert not any(isinstance(item, Damage) for item in result.items)


def test_a_torn_tail_of_a_finished_piece_is_damage() -> None:
    data = b"".join(frames(3))[:-5]

    result = scan(data, origin=16, is_final=True)

    assert result.items[-1] == Damage(16 + 2 * (len(data) + 5) // 3, 16 + len(data))
    assert result.consumed == len(data)


def test_zeros_after_the_last_frame_are_no_damage() -> None:
    data = b"".join(frames(2)) + bytes(500)

    assert tracks(scan(data, origin=16, is_final=False).items) == [0, 1]
    final = scan(data, origin=16, is_final=True)
    assert tracks(final.items) == [0, 1] and len(final.items) == 2
    assert final.consumed == len(data)


def test_zeros_between_frames_are_skipped() -> None:
    one, two = frames(2)

    result = scan(one + bytes(300) + two, origin=0, is_final=False)

    assert tracks(result.items) == [0, 1]
    assert result.items[1] == Damage(len(one), len(one) + 300)


def test_a_length_that_lies_does_not_hide_the_next_frame() -> None:
    one, two, three = frames(3)
    lying = b"\xff\xff\x07\x00" + two[4:]

    result = scan(one + lying + three, origin=0, is_final=False)

    assert tracks(result.items) == [0, 2]


@settings(max_examples=150)
@given(st.data())
def test_a_flipped_byte_costs_its_own_frame_only(data: st.DataObject) -> None:
    parts = frames(8)
    whole = bytearray(b"".join(parts))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))

    result = scan(bytes(whole), origin=0, is_final=True)

    hit = at // len(parts[0])
    assert tracks(result.items) == [n for n in range(8) if n != hit]


@settings(max_examples=150)
@given(st.integers(0, 8 * 61))
def test_a_piece_cut_anywhere_gives_every_whole_frame(length: int) -> None:
    parts = frames(8)
    whole = b"".join(parts)[:length]

    result = scan(whole, origin=0, is_final=True)

    assert tracks(result.items) == list(range(len(whole) // len(parts[0])))


@settings(max_examples=200)
@given(st.binary(max_size=400), st.booleans())
def test_noise_never_raises(noise: bytes, is_final: bool) -> None:
    result = scan(noise, origin=0, is_final=is_final)

    assert 0 <= result.consumed <= len(noise)


def test_reading_in_any_portions_gives_the_same_records() -> None:
    rng = random.Random(7)
    whole = bytearray(b"".join(frames(60)))
    for _ in range(6):
        whole[rng.randrange(len(whole))] ^= 0x55
    data = bytes(whole)
    expected = tracks(scan(data, origin=0, is_final=True).items)

    got: list[int] = []
    offset = size = 0
    while size < len(data):
        size = min(len(data), size + rng.randrange(1, 200))
        result = scan(data[offset:size], origin=offset, is_final=size == len(data))
        got += tracks(result.items)
        offset += result.consumed

    assert got == expected


def test_the_header_states_the_run() -> None:
    assert read_header(b"LOPHOPJ1" + ZERO_MS.to_bytes(8, "little")) == ZERO_MS
    assert read_header(b"LOPHOPJ2" + bytes(8)) is None
    assert read_header(b"LOPHOP") is None


def test_a_report_of_another_length_is_no_report() -> None:
    assert read_report(bytes(16)) == (0, 0.0, 0)
    assert read_report(bytes(15)) is None
