"""Proof of presence, second by second (attendance rests on it).

A second of a participant is proven when at least half of the media sent to it was acknowledged, or media came
from it, or nothing was due to it in that second and it was heard within five seconds before and after.
Later receipts can only add to the evidence: a second is told as soon as it is proven, and given up only when it
is `SETTLE_S` old, or at the end of the stay.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

HEARD_WITHIN_S = 5
# acknowledgements come with the next reports, the silent case looks five seconds ahead
SETTLE_S = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOfTransport:
    """What one transport of a participant carried in one second; see `sfu._dataplane.Receipt`."""

    sent: int = 0
    acknowledged: int = 0
    received: int = 0
    is_heard: bool = False


@dataclass(slots=True)
class PresenceLedger:
    """One stay. `transport` is any key that tells its transports apart."""

    joined_at: int
    _receipts: dict[int, dict[int, SecondOfTransport]] = field(default_factory=dict)
    # seconds in which somebody's media was due to this participant
    _due: set[int] = field(default_factory=set)
    _judged_until: int = field(init=False)
    # proven seconds at or after `_judged_until`
    _told: set[int] = field(default_factory=set)
    # the newest second in which anything came from the participant
    last_heard: int = 0

    def __post_init__(self) -> None:
        self._judged_until = self.joined_at

    def note(self, transport: int, second: int, receipt: SecondOfTransport) -> None:
        """Keeps the newest word about that second; what was given up stays given up."""
        if receipt.is_heard:
            self.last_heard = max(self.last_heard, second)
        if second >= self._judged_until - HEARD_WITHIN_S:
            self._receipts.setdefault(second, {})[transport] = receipt

    def note_due(self, second: int) -> None:
        if second >= self._judged_until:
            self._due.add(second)

    def settle(self, now: int) -> list[tuple[int, int]]:
        """Spans of newly proven seconds, half open. The second just over may still lack receipts."""
        return self._judge(now - 1, given_up_until=now - SETTLE_S, is_final=False)

    def close(self, now: int) -> list[tuple[int, int]]:
        """The stay is over: judges the rest with what is known."""
        return self._judge(now, given_up_until=now, is_final=True)

    def _judge(self, until: int, *, given_up_until: int, is_final: bool) -> list[tuple[int, int]]:
        seconds = (second for second in range(self._judged_until, until) if second not in self._told)
        proven = [second for second in seconds if self._is_proven(second, is_final)]
        self._judged_until = max(self._judged_until, given_up_until)
        self._told = {second for second in self._told.union(proven) if second >= self._judged_until}
        oldest = self._judged_until - HEARD_WITHIN_S
        self._receipts = {second: each for second, each in self._receipts.items() if second >= oldest}
        self._due = {second for second in self._due if second >= self._judged_until}
        return spans(proven)

    def _is_proven(self, second: int, is_final: bool) -> bool:
        receipts = list(self._receipts.get(second, {}).values())
        if any(each.received > 0 for each in receipts):
            return True
        if any(each.sent > 0 for each in receipts):
            return any(each.acknowledged * 2 >= each.sent > 0 for each in receipts)
        if second in self._due:
            return False
        before = self._is_heard(range(second - HEARD_WITHIN_S, second + 1))
        after = self._is_heard(range(second, second + HEARD_WITHIN_S + 1))
        return before and (after or is_final)

    def _is_heard(self, seconds: range) -> bool:
        return any(receipt.is_heard for second in seconds for receipt in self._receipts.get(second, {}).values())


def spans(seconds: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending seconds as half-open spans."""
    found: list[tuple[int, int]] = []
    for second in seconds:
        if found and found[-1][1] == second:
            found[-1] = (found[-1][0], second + 1)
        else:
            found.append((second, second + 1))
    return found
