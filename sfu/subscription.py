"""What one participant wants of others' publications, whether or not those exist yet."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sfu.ids import TrackSid
from sfu.media import Quality, TrackSetting

# a client that fits layers to its layout starts low and asks for more
ADAPTIVE_START = TrackSetting(quality=Quality.LOW)
FIXED_START = TrackSetting(quality=Quality.HIGH)


@dataclass(slots=True)
class Subscriptions:
    """The wishes of one participant: tracks it named, and the default for those it did not."""

    auto_subscribe: bool = True
    is_adaptive: bool = False
    _wishes: dict[TrackSid, bool] = field(default_factory=dict)
    _settings: dict[TrackSid, TrackSetting] = field(default_factory=dict)
    # tracks the client said it cannot play
    _refused: set[TrackSid] = field(default_factory=set)
    # tracks that really are delivered
    active: set[TrackSid] = field(default_factory=set)

    def wish(self, tracks: Iterable[TrackSid], is_wanted: bool) -> None:
        for track in tracks:
            self._wishes[track] = is_wanted
            self._refused.discard(track)

    def wants(self, track: TrackSid) -> bool:
        return track not in self._refused and self._wishes.get(track, self.auto_subscribe)

    def refuse(self, track: TrackSid) -> None:
        self._refused.add(track)

    def set(self, tracks: Iterable[TrackSid], setting: TrackSetting) -> None:
        for track in tracks:
            self._settings[track] = setting

    def setting(self, track: TrackSid) -> TrackSetting:
        return self._settings.get(track, ADAPTIVE_START if self.is_adaptive else FIXED_START)

    def forget(self, track: TrackSid) -> None:
        """The track is no more."""
        self._wishes.pop(track, None)
        self._settings.pop(track, None)
        self._refused.discard(track)
        self.active.discard(track)
