"""What a publisher is told that anybody wants of its video (dynacast): up at once, down after a while.

A level is how many qualities are wanted, counted from the lowest: 0 none, 1 low, 2 medium, 3 high. A publisher
begins by sending all of them. Lowering waits, because viewers come back and a layer takes a key frame to begin.
`now` is any clock in seconds that never goes back. `Stream` is whatever tells one stream from another.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sfu.media import Quality

LOWER_AFTER_S = 5.0
NOTHING, ALL = 0, 3
QUALITIES = (Quality.OFF, Quality.LOW, Quality.MEDIUM, Quality.HIGH)

Stream = TypeVar("Stream", bound=Hashable)


def level_of(encoding: int | None, encodings: int) -> int:
    """The level of a wish for one encoding of so many, None = for nothing. The best one there is counts as high."""
    if encoding is None or encodings == 0:
        return NOTHING
    return ALL if encoding >= encodings - 1 else min(encoding + 1, ALL)


@dataclass(slots=True)
class Dynacast(Generic[Stream]):
    """The videos of one room."""

    _told: dict[Stream, int] = field(default_factory=dict)
    # since when less than what was told is wanted
    _less_since: dict[Stream, float] = field(default_factory=dict)
    _doubted: set[Stream] = field(default_factory=set)

    def told(self, stream: Stream, otherwise: int) -> int:
        """The level its publisher was told last; `otherwise` when it was told nothing."""
        return self._told.get(stream, otherwise)

    def expect_nothing(self, stream: Stream) -> None:
        """Its publisher sends nothing of it before it is told to."""
        self._told.setdefault(stream, NOTHING)

    def want(self, stream: Stream, level: int) -> Quality | None:
        """One viewer wants this; what the publisher is to be told now, None when it sends that much already."""
        self._doubted.add(stream)
        if level <= self._told.get(stream, ALL):
            return None
        self._told[stream] = level
        self._less_since.pop(stream, None)
        return QUALITIES[level]

    def doubt(self, streams: Iterable[Stream]) -> None:
        """Somebody wants less of these, or nothing any more."""
        self._doubted.update(streams)

    def unsettled(self) -> frozenset[Stream]:
        """The streams `settle` has to be told about."""
        return frozenset(self._doubted.union(self._less_since))

    def settle(self, wanted: Mapping[Stream, int], now: float) -> list[tuple[Stream, Quality]]:
        """Takes the highest level anybody wants of each unsettled stream; returns what is to be told."""
        told = []
        for stream, level in wanted.items():
            before = self._told.get(stream, ALL)
            if level < before and now - self._less_since.setdefault(stream, now) < LOWER_AFTER_S:
                continue
            self._less_since.pop(stream, None)
            if level != before:
                self._told[stream] = level
                told.append((stream, QUALITIES[level]))
        self._doubted.clear()
        return told

    def forget(self, streams: Iterable[Stream]) -> None:
        """They are unpublished."""
        for stream in streams:
            self._told.pop(stream, None)
            self._less_since.pop(stream, None)
            self._doubted.discard(stream)
