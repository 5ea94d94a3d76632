"""What a room said while one of its clients was away: reliable data and departures, kept a bounded while.

Pure: takes `now`. A sender numbers its own reliable packets; what has no number (the server's own) is not kept.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from livekit.protocol import rtc

from sfu.ids import ParticipantSid

# longer than a stay waits to be resumed
KEPT_S = 70.0
KEPT_BYTES = 4 << 20
# what a packet takes besides its payload, and each recipient in it
PACKET_BYTES, RECIPIENT_BYTES = 500, 100
DEPARTURES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One reliable packet as it was passed on."""

    sender: ParticipantSid
    sequence: int
    payload: bytes
    recipients: frozenset[ParticipantSid]

    @property
    def size(self) -> int:
        """Memory it takes, as good as can be told."""
        return PACKET_BYTES + len(self.payload) + RECIPIENT_BYTES * len(self.recipients)


class Replay:
    """One room's."""

    def __init__(self) -> None:
        self._said: deque[tuple[float, Said]] = deque()
        self._bytes = 0
        self._last: dict[ParticipantSid, int] = {}
        self._departed: deque[tuple[float, rtc.SignalResponse]] = deque(maxlen=DEPARTURES)

    def last_sequence(self, sender: ParticipantSid) -> int:
        """The newest packet of that sender, 0 when there is none."""
        return self._last.get(sender, 0)

    def admits(self, sender: ParticipantSid, sequence: int) -> bool:
        """False for what was passed on already: a resumed client may send it twice."""
        if not sequence:
            return True
        if sequence <= self._last.get(sender, 0):
            return False
        self._last[sender] = sequence
        return True

    def keep(self, said: Said, now: float) -> None:
        """Remember a packet, at the cost of the oldest."""
        if not said.sequence:
            return
        self._said.append((now, said))
        self._bytes += said.size
        while self._said and (self._bytes > KEPT_BYTES or self._said[0][0] < now - KEPT_S):
            self._bytes -= self._said.popleft()[1].size

    def missed(self, reader: ParticipantSid, received: Mapping[ParticipantSid, int], now: float) -> Iterator[bytes]:
        """What was meant for `reader` and is newer than what it has got; it drops what it has after all."""
        for at, said in self._said:
            is_new = said.sequence > received.get(said.sender, 0)
            if at >= now - KEPT_S and reader in said.recipients and is_new:
                yield said.payload

    def depart(self, sid: ParticipantSid, response: rtc.SignalResponse, now: float) -> None:
        """Somebody left."""
        self._last.pop(sid, None)
        self._departed.append((now, response))
        while self._departed[0][0] < now - KEPT_S:
            self._departed.popleft()

    def departures(self, now: float) -> Iterator[rtc.SignalResponse]:
        """Who left lately; one who never knew them passes over it."""
        return (response for at, response in self._departed if at >= now - KEPT_S)
