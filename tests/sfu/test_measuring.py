"""Receipts of the data plane find the right ledgers."""

from dataclasses import dataclass

from sfu.measuring import Attendant, Receipts
from sfu.policy.presence import PresenceLedger

T = 1_000_000


@dataclass(frozen=True)
class Receipt:
    transport: int
    second: int = T
    sent: int = 0
    acknowledged: int = 0
    received: int = 0
    heard: bool = True


def an_attendant(*transports, due_from=()):
    return Attendant(ledger=PresenceLedger(T), transports=transports, due_from=frozenset(due_from))


def proven(attendant, until=T + 1):
    return attendant.ledger.close(until)


def test_a_receipt_belongs_to_the_owner_of_its_transport():
    ana, binh = an_attendant(1, 2), an_attendant(3)
    Receipts().spread([Receipt(2, sent=10, acknowledged=10), Receipt(3, sent=10)], [ana, binh])
    assert proven(ana) == [(T, T + 1)]
    assert proven(binh) == []


def test_media_that_was_due_and_not_sent_is_no_presence():
    ana, binh, chi = an_attendant(1), an_attendant(2, due_from=[1]), an_attendant(3)
    Receipts().spread([Receipt(1, received=5), Receipt(2), Receipt(3)], [ana, binh, chi])
    assert proven(ana) == [(T, T + 1)]
    assert proven(binh) == []
    assert proven(chi) == [(T, T + 1)]


def test_a_silent_room_is_attended_by_who_is_heard():
    ana, binh = an_attendant(1), an_attendant(2, due_from=[1])
    Receipts().spread([Receipt(1), Receipt(2)], [ana, binh])
    assert proven(ana) == proven(binh) == [(T, T + 1)]


def test_receipts_of_unknown_transports_are_nothing():
    ana = an_attendant(1)
    Receipts().spread([Receipt(9, received=9)], [ana])
    assert proven(ana) == []


def test_old_seconds_are_not_remembered():
    receipts = Receipts()
    ana = an_attendant(1)
    for second in range(100):
        receipts.spread([Receipt(1, second=T + second, received=1)], [ana])
    assert len(receipts._received) <= 12
