"""Puts one RTP stream back in order. Pure; times are arrival seconds.

Rules: packets leave in sequence order, each once. A missing packet is waited for until `MAX_WAIT_S` after a later
one came (its retransmission may be on the way); then a `Hole` leaves in its place. A sequence that leaps by more
than `MAX_LEAP` is believed when a second packet continues it (RFC 3550 A.1), as a restart of the sender.
"""

from dataclasses import dataclass, field

from recorder.rtp import RtpPacket, unwrap

MAX_WAIT_S = 1.0
MAX_LEAP = 3000


@dataclass(frozen=True, slots=True)
class Hole:
    """Packets that never came: how many, or 0 when the sender began a new sequence."""

    missing: int


@dataclass(frozen=True, slots=True)
class Arrived:
    packet: RtpPacket
    at_s: float


@dataclass(slots=True)
class ReorderBuffer:
    next: int | None = None
    waiting: dict[int, Arrived] = field(default_factory=dict)
    suspect: Arrived | None = None

    def push(self, packet: RtpPacket, now: float) -> list[Arrived | Hole]:
        """Takes a packet in; returns what can leave now."""
        if self.next is None:
            self.next = packet.sequence
        number = unwrap(packet.sequence, self.next, 16)
        arrived = Arrived(packet, now)
        if abs(number - self.next) > MAX_LEAP:
            return self._leap(arrived)
        self.suspect = None
        if number < self.next or number in self.waiting:
            return []
        if number == self.next and not self.waiting:
            self.next += 1
            return [arrived]
        self.waiting[number] = arrived
        return self._release() + self.poll(now)

    def poll(self, now: float) -> list[Arrived | Hole]:
        """Gives up packets waited for too long; returns what can leave then."""
        out: list[Arrived | Hole] = []
        while self.waiting and min(item.at_s for item in self.waiting.values()) + MAX_WAIT_S <= now:
            out += self._skip_hole()
        return out

    def flush(self) -> list[Arrived | Hole]:
        """Everything still held, in order, holes marked: nothing more will come."""
        out: list[Arrived | Hole] = []
        while self.waiting:
            out += self._skip_hole()
        return out

    def _release(self) -> list[Arrived | Hole]:
        out: list[Arrived | Hole] = []
        assert self.next is not None
        while (item := self.waiting.pop(self.next, None)) is not None:
            out.append(item)
            self.next += 1
        return out

    def _skip_hole(self) -> list[Arrived | Hole]:
        assert self.next is not None
        first = min(self.waiting)
        hole = Hole(first - self.next)
        self.next = first
        return [hole, *self._release()]

    def _leap(self, arrived: Arrived) -> list[Arrived | Hole]:
        before = self.suspect
        self.suspect = arrived
        if before is None or (before.packet.sequence + 1) & 0xFFFF != arrived.packet.sequence:
            return []
        out = self.flush()
        self.suspect = None
        self.next = before.packet.sequence + 2
        return [*out, Hole(0), before, arrived]
