"""What the data plane measured, told to the rooms: loudness into speakers, receipts into proof of presence."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sfu._dataplane import Receipt
from sfu.ids import TransportId
from sfu.policy.presence import PresenceLedger, SecondOfTransport


@dataclass(slots=True)
class Attendant:
    """One stay as the receipts see it: its ledger, its transports, and those it is to get media from."""

    ledger: PresenceLedger
    transports: tuple[TransportId, ...]
    due_from: frozenset[TransportId]


@dataclass(slots=True)
class Receipts:
    """Spreads receipts over the ledgers they belong to."""

    # seconds in which each transport brought media; a few seconds are enough for corrections
    _received: dict[int, set[TransportId]] = field(default_factory=dict)

    def spread(self, receipts: Iterable[Receipt], attendants: Iterable[Attendant]) -> None:
        owners: dict[TransportId, PresenceLedger] = {}
        everybody = list(attendants)
        for attendant in everybody:
            owners.update(dict.fromkeys(attendant.transports, attendant.ledger))
        fresh: set[int] = set()
        for receipt in receipts:
            transport = TransportId(receipt.transport)
            fresh.add(receipt.second)
            if receipt.received:
                self._received.setdefault(receipt.second, set()).add(transport)
            ledger = owners.get(transport)
            if ledger is not None:
                ledger.note(transport, receipt.second, _second(receipt))
        for second in fresh:
            sources = self._received.get(second, set())
            for attendant in everybody:
                if not attendant.due_from.isdisjoint(sources):
                    attendant.ledger.note_due(second)
        for second in [second for second in self._received if second < max(fresh, default=0) - 10]:
            del self._received[second]


def _second(receipt: Receipt) -> SecondOfTransport:
    return SecondOfTransport(
        sent=receipt.sent,
        acknowledged=receipt.acknowledged,
        received=receipt.received,
        is_heard=receipt.heard,
    )
