"""Places RTP timestamps on the session clock. Pure; session seconds, arrivals given as session seconds too.

Rules: a stream's timestamps run at its clock rate and its fastest packets tell the offset (arrival estimate). Sender
reports tie the streams of one participant together on the participant's own clock, whose offset is again that of
its fastest report; that placement holds while it is within `TRUST_S` of the arrival estimate, so a client's wall
clock can never move media by more. The applied offset follows slowly (`SLEW`), or at once when far off (`STEP_S`).
"""

from dataclasses import dataclass, field

from recorder.rtp import unwrap

TRUST_S = 0.5
SLEW = 0.02
STEP_S = 0.3
# A timestamp that came this much later, or earlier, than the fastest ones is believed when the next one agrees.
SUSPECT_S = 5.0
EARLY_S = 0.5
_BUCKET_S = 5.0
_BUCKETS = 6


@dataclass(slots=True)
class WindowMinimum:
    """The least value of the last half minute, in buckets of 5 s."""

    buckets: list[tuple[int, float]] = field(default_factory=list)
    value: float | None = None

    def add(self, value: float, now: float) -> None:
        bucket = int(now // _BUCKET_S)
        if self.buckets and self.buckets[-1][0] == bucket:
            if value < self.buckets[-1][1]:
                self.buckets[-1] = (bucket, value)
                self.value = value if self.value is None else min(self.value, value)
            return
        self.buckets = [b for b in self.buckets if b[0] > bucket - _BUCKETS]
        self.buckets.append((bucket, value))
        self.value = min(value for _, value in self.buckets)

    def clear(self) -> None:
        self.buckets = []
        self.value = None


@dataclass(slots=True)
class SenderClock:
    """One participant's NTP clock against the session clock. One that is set under way is not trusted for a while:
    what it says then differs from what arrives by more than `TRUST_S`, or by little enough not to matter."""

    offset: WindowMinimum = field(default_factory=WindowMinimum)

    def observe(self, ntp_s: float, arrival_s: float) -> None:
        self.offset.add(arrival_s - ntp_s, arrival_s)


@dataclass(slots=True)
class StreamClock:
    """One SSRC's timestamps: unwrapped, checked, and mapped to session seconds."""

    clock_rate: int
    sender: SenderClock
    last: int | None = None
    suspect: tuple[int, float] | None = None
    resets: int = 0
    delay: WindowMinimum = field(default_factory=WindowMinimum)
    report: tuple[int, float] | None = None
    applied: float | None = None
    applied_at_s: float = 0.0

    def observe(self, timestamp: int, arrival_s: float) -> int | None:
        """Unwraps the timestamp of a packet that came now; None when it cannot be right (the packet is noise)."""
        if self.last is None:
            self._accept(timestamp, arrival_s)
            return timestamp
        number = unwrap(timestamp, self.last, 32)
        if self._is_plausible(number, arrival_s):
            self.suspect = None
        else:
            before, self.suspect = self.suspect, (number, arrival_s)
            if before is None or abs((number - before[0]) / self.clock_rate - (arrival_s - before[1])) > 1.0:
                return None
            self.suspect = self.report = self.applied = None
            self.delay.clear()
            self.last = number
            self.resets += 1
        self._accept(number, arrival_s)
        return number

    def _is_plausible(self, number: int, arrival_s: float) -> bool:
        base = self.delay.value
        if base is None or self.last is None:
            return True
        delay = arrival_s - number / self.clock_rate
        return -EARLY_S < delay - base < SUSPECT_S

    def _accept(self, number: int, arrival_s: float) -> None:
        self.last = number if self.last is None else max(self.last, number)
        self.delay.add(arrival_s - number / self.clock_rate, arrival_s)

    def observe_report(self, ntp_s: float, timestamp: int, arrival_s: float) -> None:
        """Takes in a sender report of this stream."""
        self.sender.observe(ntp_s, arrival_s)
        if self.last is not None:
            self.report = (unwrap(timestamp, self.last, 32), ntp_s)

    def session_s(self, number: int) -> float:
        """Where an unwrapped timestamp lies on the session clock."""
        media_s = number / self.clock_rate
        wanted = self._wanted_offset()
        if self.applied is None or abs(wanted - self.applied) > STEP_S:
            self.applied = wanted
            self.applied_at_s = media_s
        else:
            room = SLEW * max(0.0, media_s - self.applied_at_s)
            self.applied += max(-room, min(room, wanted - self.applied))
        self.applied_at_s = max(self.applied_at_s, media_s)
        return media_s + self.applied

    def _wanted_offset(self) -> float:
        by_arrival = self.delay.value or 0.0
        sender = self.sender.offset.value
        if self.report is None or sender is None:
            return by_arrival
        timestamp, ntp_s = self.report
        by_report = ntp_s + sender - timestamp / self.clock_rate
        return by_report if abs(by_report - by_arrival) <= TRUST_S else by_arrival
