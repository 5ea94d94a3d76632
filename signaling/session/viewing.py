"""What a WHEP player is shown: as many tracks as it has slots, chosen from the room as it goes on; pure.

Pictures: screens first, then who speaks, then whoever was shown before, then in order of joining. Sounds: who speaks,
then the sound of a screen, then as before. A picture stays for a moment, so that one cough changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sfu.config import ParticipantInfo
from sfu.ids import ParticipantSid, TrackSid
from sfu.media import Codec, Kind, Source, TrackInfo

# how long a picture stays that only another speaker would replace
DWELL_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """`participant` and `track` narrow the choice: an identity; a sid, a source or a name. "" = the whole room."""

    slots: Mapping[Kind, int]
    codecs: frozenset[Codec]
    participant: str = ""
    track: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What is to be shown no more, and what instead."""

    gone: tuple[TrackSid, ...]
    fresh: tuple[TrackSid, ...]


@dataclass(slots=True)
class Viewing:
    """One player's view of its room."""

    player: Player
    shown: dict[Kind, tuple[TrackSid, ...]] = field(default_factory=dict)
    is_waiting: bool = False
    _changed_at: float = 0.0

    def look(
        self,
        participants: Sequence[ParticipantInfo],
        levels: Mapping[ParticipantSid, float],
        now: float,
        visible: Collection[TrackSid],
    ) -> Switch:
        """The room as it is now; `visible`: what its publishers show this player. `is_waiting` afterwards: look again
        in DWELL_S.
        """
        tracks = [track for track in self._candidates(participants) if track.sid in visible]
        gone: list[TrackSid] = []
        fresh: list[TrackSid] = []
        self.is_waiting = False
        for kind in Kind:
            before = self.shown.get(kind, ())
            after = self._choose([track for track in tracks if track.kind is kind], levels, before, kind)
            if kind is Kind.VIDEO and set(after) != set(before):
                if self._stays(before, tracks, after, now):
                    continue
                self._changed_at = now
            gone += [sid for sid in before if sid not in after]
            fresh += [sid for sid in after if sid not in before]
            self.shown[kind] = after
        return Switch(gone=tuple(gone), fresh=tuple(fresh))

    def _candidates(self, participants: Iterable[ParticipantInfo]) -> list[TrackInfo]:
        seen = [one for one in participants if not one.permission.is_hidden]
        if self.player.participant:
            seen = [one for one in seen if one.identity == self.player.participant]
        if self.player.track:
            seen = [one for one in seen if any(self._is_named(track) for track in one.tracks)]
        tracks = [track for one in seen for track in one.tracks if not track.is_muted]
        named_kinds = {track.kind for track in tracks if self._is_named(track)} if self.player.track else set()
        return [
            track
            for track in tracks
            if track.comes_in(self.player.codecs) and (track.kind not in named_kinds or self._is_named(track))
        ]

    def _is_named(self, track: TrackInfo) -> bool:
        return self.player.track in (track.sid, track.source, track.name)

    def _choose(
        self,
        tracks: list[TrackInfo],
        levels: Mapping[ParticipantSid, float],
        before: tuple[TrackSid, ...],
        kind: Kind,
    ) -> tuple[TrackSid, ...]:
        def rank(track: TrackInfo) -> tuple[int, float]:
            is_screen = track.source in (Source.SCREEN_SHARE, Source.SCREEN_SHARE_AUDIO)
            level = levels.get(track.participant_sid, 0.0)
            if is_screen:
                # a screen's picture comes before all, its sound after those who speak
                return (0 if kind is Kind.VIDEO else 3, 0.0)
            if level:
                return (1, 0.0) if track.sid in before else (2, -level)
            return (4, 0.0) if track.sid in before else (5, 0.0)

        chosen = {track.sid for track in sorted(tracks, key=rank)[: self.player.slots.get(kind, 0)]}
        kept = [sid for sid in before if sid in chosen]
        return (*kept, *(track.sid for track in tracks if track.sid in chosen and track.sid not in kept))

    def _stays(
        self, before: tuple[TrackSid, ...], tracks: list[TrackInfo], after: tuple[TrackSid, ...], now: float
    ) -> bool:
        """Whether what is shown has not been shown long enough; never for a screen that comes or a track that went."""
        known = {track.sid: track for track in tracks}
        is_whole = bool(before) and len(before) == len(after) and all(sid in known for sid in before)
        has_screen = any(known[sid].source is Source.SCREEN_SHARE for sid in after if sid not in before)
        self.is_waiting = is_whole and not has_screen and now - self._changed_at < DWELL_S
        return self.is_waiting
