"""Which track a shared rendition shows. Pure; `now` is session seconds.

Rules: `speaker` wants the camera of whoever has been loudest for `HOLD_S`; `screen` wants the screen opened last.
The picture changes only at a key frame of the wanted track. While nobody wanted can be shown, what is shown stays;
when that goes (muted, closed, silent for `STALLED_S`), any track that has a key frame may take its place.
"""

from dataclasses import dataclass, field

HOLD_S = 1.0
STALLED_S = 3.0


@dataclass(slots=True)
class Candidate:
    """A video track that may be shown."""

    participant_sid: str
    is_muted: bool = False


@dataclass(slots=True)
class SpeakerPlan:
    candidates: dict[int, Candidate] = field(default_factory=dict)
    loudest: tuple[str, ...] = ()
    pending: tuple[int, float] | None = None
    wanted: int | None = None
    current: int | None = None
    seen_s: float = 0.0

    def open(self, track: int, participant_sid: str) -> None:
        self.candidates[track] = Candidate(participant_sid)

    def close(self, track: int) -> bool:
        """Forgets a track; whether it was being shown."""
        self.candidates.pop(track, None)
        return self._leave(track)

    def mute(self, track: int, is_muted: bool) -> bool:
        """Notes a mute; whether the track was being shown and now is not."""
        if track in self.candidates:
            self.candidates[track].is_muted = is_muted
        return is_muted and self._leave(track)

    def _leave(self, track: int) -> bool:
        if self.wanted == track:
            self.wanted = None
        if self.pending is not None and self.pending[0] == track:
            self.pending = None
        if self.current != track:
            return False
        self.current = None
        return True

    def hear(self, sids: tuple[str, ...], now: float) -> None:
        """The active speakers, loudest first."""
        self._settle(now)
        self.loudest = sids or self.loudest
        track = next((t for sid in sids for t in self._shown_by(sid)), None)
        if track is None or track == self.wanted:
            self.pending = None
        elif self.pending is None or self.pending[0] != track:
            self.pending = (track, now)

    def _shown_by(self, sid: str) -> list[int]:
        return [t for t, c in self.candidates.items() if c.participant_sid == sid and not c.is_muted]

    def _settle(self, now: float) -> None:
        if self.pending is not None and now - self.pending[1] >= HOLD_S:
            self.wanted, self.pending = self.pending[0], None

    def shows(self, track: int, *, is_key: bool, at_s: float, now: float) -> bool:
        """Whether this frame belongs into the rendition; a key frame may change the picture."""
        self._settle(now)
        if track != self.current and is_key and self._may_take_over(track, at_s):
            self.current = track
        if track != self.current:
            return False
        self.seen_s = at_s
        return True

    def _may_take_over(self, track: int, at_s: float) -> bool:
        candidate = self.candidates.get(track)
        if candidate is None or candidate.is_muted:
            return False
        if self.current is None or track == self.wanted:
            return True
        return at_s - self.seen_s > STALLED_S


@dataclass(slots=True)
class ScreenPlan(SpeakerPlan):
    def open(self, track: int, participant_sid: str) -> None:
        self.candidates[track] = Candidate(participant_sid)
        self.wanted = track
