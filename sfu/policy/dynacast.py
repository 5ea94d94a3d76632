"""What a publisher is told that anybody wants of its simulcast video (dynacast): up at once, down after a while.

A level is how many qualities are wanted, counted from the lowest: 0 none, 1 low, 2 medium, 3 high. A publisher
begins by sending all of them. Lowering waits, because viewers come back and a layer takes a key frame to begin.
`now` is any clock in seconds that never goes back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sfu.ids import TrackSid
from sfu.media import Quality

LOWER_AFTER_S = 5.0
NOTHING, ALL = 0, 3
QUALITIES = (Quality.OFF, Quality.LOW, Quality.MEDIUM, Quality.HIGH)


def level_of(encoding: int | None, encodings: int) -> int:
    """The level of a wish for one encoding of so many, None = for nothing. The best one there is counts as high."""
    if encoding is None or encodings == 0:
        return NOTHING
    return ALL if encoding >= encodings - 1 else min(encoding + 1, ALL)


@dataclass(slots=True)
class Dynacast:
    """The videos of one room."""

    _told: dict[TrackSid, int] = field(default_factory=dict)
    # since when less than what was told is wanted
    _less_since: dict[TrackSid, float] = field(default_factory=dict)
    _doubted: set[TrackSid] = field(default_factory=set)

    def want(self, track: TrackSid, level: int) -> Quality | None:
        """One viewer wants this; what the publisher is to be told now, None when it sends that much already."""
        self._doubted.add(track)
        if level <= self._told.get(track, ALL):
            return None
        self._told[track] = level
        self._less_since.pop(track, None)
        return QUALITIES[level]

    def doubt(self, tracks: Iterable[TrackSid]) -> None:
        """Somebody wants less of these, or nothing any more."""
        self._doubted.update(tracks)

    def unsettled(self) -> frozenset[TrackSid]:
        """The tracks `settle` has to be told about."""
        return frozenset(self._doubted.union(self._less_since))

    def settle(self, wanted: Mapping[TrackSid, int], now: float) -> list[tuple[TrackSid, Quality]]:
        """Takes the highest level anybody wants of each unsettled track; returns what is to be told."""
        told = []
        for track, level in wanted.items():
            before = self._told.get(track, ALL)
            if level < before and now - self._less_since.setdefault(track, now) < LOWER_AFTER_S:
                continue
            self._less_since.pop(track, None)
            if level != before:
                self._told[track] = level
                told.append((track, QUALITIES[level]))
        self._doubted.clear()
        return told

    def forget(self, tracks: Iterable[TrackSid]) -> None:
        """They are unpublished."""
        for track in tracks:
            self._told.pop(track, None)
            self._less_since.pop(track, None)
            self._doubted.discard(track)
