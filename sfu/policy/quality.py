"""How good each participant's connection is, as its bars show it.

A window's score is 100 less ten for each percent of packets lost (the worse direction counts) and less a delay term
that begins to hurt at 160 ms one way (LiveKit's form of the E-model). It falls at once and recovers over some
windows. Silence alone never says LOST before ten seconds: clients reconnect when they read it of themselves.
`now` is any clock in seconds that never goes back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sfu.ids import ParticipantSid
from sfu.media import ConnectionQuality, MeasuredQuality

WINDOW_S = 5
BEST = 100.0
EXCELLENT_ABOVE, GOOD_ABOVE = 80.0, 40.0
PER_PERCENT_LOST = 10.0
# of a rise only this much counts in each window
RECOVERY = 0.6
# fewer packets in a window say nothing about a share
MIN_PACKETS = 20
LOST_AFTER_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Counters of one stay, now. `flows`: (packets, of them lost) of each direction and track, under keys that stay;
    `rtt_ms` None while unknown; `heard` grows whenever anything came from the peer.
    """

    flows: Mapping[str, tuple[int, int]]
    rtt_ms: float | None
    heard: int


def score_of(loss: float, rtt_ms: float | None) -> float:
    """0 to 100. `loss` is a share, 0 to 1."""
    delay_ms = (rtt_ms or 0.0) / 2
    delay = delay_ms / 40 if delay_ms < 160 else (delay_ms - 120) / 10
    return max(0.0, BEST - delay - PER_PERCENT_LOST * 100 * loss)


@dataclass(slots=True)
class Meter:
    """One stay. The first sample only says where the counters stand."""

    _flows: dict[str, tuple[int, int]] = field(default_factory=dict)
    _heard: int = -1
    _heard_at: float = 0.0
    _score: float = BEST

    def observe(self, sample: Sample, now: float) -> MeasuredQuality:
        if sample.heard > self._heard:
            self._heard, self._heard_at = sample.heard, now
        score = score_of(self._loss(sample.flows), sample.rtt_ms)
        self._score = min(score, self._score + (score - self._score) * RECOVERY)
        return self._judge(now)

    def _judge(self, now: float) -> MeasuredQuality:
        if now - self._heard_at > LOST_AFTER_S:
            return MeasuredQuality(quality=ConnectionQuality.LOST, score=0.0)
        quality = ConnectionQuality.POOR
        if self._score > EXCELLENT_ABOVE:
            quality = ConnectionQuality.EXCELLENT
        elif self._score > GOOD_ABOVE:
            quality = ConnectionQuality.GOOD
        return MeasuredQuality(quality=quality, score=self._score)

    def _loss(self, flows: Mapping[str, tuple[int, int]]) -> float:
        """The worst share lost of any flow since the last sample; a flow that is new has no past."""
        worst = 0.0
        for key, (packets, lost) in flows.items():
            packets_before, lost_before = self._flows.get(key, (packets, lost))
            expected = packets - packets_before
            if expected >= MIN_PACKETS:
                worst = max(worst, min(1.0, max(0, lost - lost_before) / expected))
        self._flows = dict(flows)
        return worst


@dataclass(slots=True)
class Qualities:
    """The connections of one room, and what each participant was told of them."""

    _meters: dict[ParticipantSid, Meter] = field(default_factory=dict)
    _now: dict[ParticipantSid, MeasuredQuality] = field(default_factory=dict)
    _told: dict[ParticipantSid, dict[ParticipantSid, ConnectionQuality]] = field(default_factory=dict)

    def observe(self, samples: Mapping[ParticipantSid, Sample], now: float) -> None:
        """Takes one window. Who is not in it has left."""
        self._meters = {sid: self._meters.get(sid) or Meter() for sid in samples}
        self._now = {sid: self._meters[sid].observe(sample, now) for sid, sample in samples.items()}
        self._told = {sid: told for sid, told in self._told.items() if sid in samples}

    def news(
        self, reader: ParticipantSid, of: Iterable[ParticipantSid]
    ) -> tuple[tuple[ParticipantSid, MeasuredQuality], ...]:
        """What `reader` has not been told yet of these; it is told now."""
        told = self._told.setdefault(reader, {})
        fresh = tuple(
            (sid, self._now[sid]) for sid in of if sid in self._now and told.get(sid) is not self._now[sid].quality
        )
        told.update((sid, measured.quality) for sid, measured in fresh)
        for sid in told.keys() - self._now.keys():
            del told[sid]
        return fresh
