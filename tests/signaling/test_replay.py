"""What a room keeps for those who were away for a moment."""

from livekit.protocol import rtc

from sfu.ids import ParticipantSid
from signaling.session.replay import KEPT_BYTES, KEPT_S, Replay, Said

AN, BINH, CHI = (ParticipantSid(f"PA_{name}") for name in ("an", "binh", "chi"))


def said(sequence: int, payload: bytes = b"x", *, to: ParticipantSid = BINH) -> Said:
    return Said(sender=AN, sequence=sequence, payload=payload, recipients=frozenset({to}))


def missed(replay: Replay, reader: ParticipantSid, last: int, now: float = 0) -> list[bytes]:
    return list(replay.missed(reader, {AN: last}, now))


def test_only_what_is_newer_and_meant_for_the_reader_is_said_again() -> None:
    replay = Replay()
    for sequence in (1, 2, 3):
        replay.keep(said(sequence, b"%d" % sequence), 0)
    replay.keep(said(4, b"private", to=CHI), 0)
    assert missed(replay, BINH, 1) == [b"2", b"3"]
    assert missed(replay, CHI, 0) == [b"private"]
    assert list(replay.missed(BINH, {}, 0)) == [b"1", b"2", b"3"]


def test_what_is_old_or_too_much_is_forgotten() -> None:
    replay = Replay()
    replay.keep(said(1), 0)
    assert missed(replay, BINH, 0, KEPT_S + 1) == []
    replay.keep(said(2, bytes(KEPT_BYTES - 1000)), 1)
    assert missed(replay, BINH, 0, 1) == [bytes(KEPT_BYTES - 1000)]
    replay.keep(said(3), 1)
    assert missed(replay, BINH, 0, 1) == [b"x"]


def test_a_packet_is_admitted_once_and_one_without_number_always() -> None:
    replay = Replay()
    assert replay.last_sequence(AN) == 0
    admitted = [number for number in (1, 2, 2, 1, 3, 0, 0) if replay.admits(AN, number)]
    assert admitted == [1, 2, 3, 0, 0]
    assert replay.last_sequence(AN) == 3
    replay.keep(said(0), 0)
    assert missed(replay, BINH, -1) == []


def test_departures_are_told_for_a_while() -> None:
    replay = Replay()
    response = rtc.SignalResponse(update=rtc.ParticipantUpdate())
    replay.depart(AN, response, 0)
    assert list(replay.departures(KEPT_S - 1)) == [response]
    assert list(replay.departures(KEPT_S + 1)) == []


def test_many_small_packets_to_many_count_by_what_they_take():
    replay = Replay()
    everybody = frozenset(ParticipantSid(f"PA_{number}") for number in range(100))
    for number in range(1, 2001):
        replay.keep(Said(sender=AN, sequence=number, payload=b"x", recipients=everybody), 1)
    reader = next(iter(everybody))
    assert len(missed(replay, reader, 0, 1)) < 500
