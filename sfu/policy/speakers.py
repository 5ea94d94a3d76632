"""Who speaks: levels of microphones into the few changes worth telling.

Every 400 ms: a microphone is active when at least 40 % of the window was louder than -35 dBov; its linear level
is weighted by that share, smoothed over two windows and told in eighths. Silence ends it as the smoothed level
falls below the threshold. The rule and its numbers are those of LiveKit's `pkg/sfu/audio/audiolevel.go`.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from sfu.events import Speaker
from sfu.ids import ParticipantSid

WINDOW_S = 0.4
# packets of 20 ms: twenty fill a window, eight are 40 % of it
WINDOW_PACKETS = 20
MIN_ACTIVE_PACKETS = 8
SMOOTHING = 2 / (2 + 1)
STEPS = 8


def linear(dbov: float) -> float:
    """Amplitude 0..1 of a level in -dBov."""
    return float(10 ** (-dbov / 20))


THRESHOLD = linear(35)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """One participant's microphone in one window."""

    participant_sid: ParticipantSid
    loudest_dbov: int
    active_packets: int


@dataclass(slots=True)
class Speakers:
    """The speakers of one room."""

    _smoothed: dict[ParticipantSid, float] = field(default_factory=dict)
    _told: dict[ParticipantSid, float] = field(default_factory=dict)

    def observe(self, window: Iterable[Loudness]) -> list[Speaker]:
        """Takes one window, of whoever sent anything in it; returns what changed, loudest first."""
        heard = {each.participant_sid: _level(each) for each in window}
        for sid in set(self._smoothed) | set(heard):
            before = self._smoothed.get(sid, 0.0)
            self._smoothed[sid] = before + (heard.get(sid, 0.0) - before) * SMOOTHING
        now = {sid: _in_steps(level) for sid, level in self._smoothed.items() if level >= THRESHOLD}
        self._smoothed = {sid: level for sid, level in self._smoothed.items() if level >= THRESHOLD / 8}
        changed = [
            Speaker(participant_sid=sid, level=level, is_active=True)
            for sid, level in now.items()
            if self._told.get(sid) != level
        ]
        stopped = [Speaker(participant_sid=sid, level=0.0, is_active=False) for sid in self._told if sid not in now]
        self._told = now
        return sorted(changed, key=lambda speaker: -speaker.level) + stopped

    def forget(self, sid: ParticipantSid) -> None:
        """Left, or its microphone was taken away: nobody needs to be told."""
        self._smoothed.pop(sid, None)
        self._told.pop(sid, None)

    def now(self) -> list[Speaker]:
        """Who speaks, loudest first."""
        return [Speaker(participant_sid=sid, level=self._told[sid], is_active=True) for sid in self.loudest_first()]

    def loudest_first(self) -> list[ParticipantSid]:
        return sorted(self._told, key=lambda sid: -self._told[sid])


def _level(loudness: Loudness) -> float:
    if loudness.active_packets < MIN_ACTIVE_PACKETS:
        return 0.0
    share = min(1.0, loudness.active_packets / WINDOW_PACKETS)
    return linear(loudness.loudest_dbov) * share


def _in_steps(level: float) -> float:
    return math.ceil(level * STEPS) / STEPS
