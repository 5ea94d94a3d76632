"""Who takes part in a session: names, wall clocks, and which camera rendition is whose. Pure."""

from collections.abc import Set
from dataclasses import dataclass, field

from recorder.timeline import SenderClock


@dataclass(slots=True)
class Cast:
    """A stay (sid) has a name and a clock; a person (identity) keeps a camera rendition across stays."""

    names: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, SenderClock] = field(default_factory=dict)
    cameras: dict[str, str] = field(default_factory=dict)

    def clock_of(self, sid: str) -> SenderClock:
        return self.clocks.setdefault(sid, SenderClock())

    def camera_of(self, identity: str, taken: Set[str]) -> str:
        """The rendition for a person's camera: the one they had, unless it is taken by another camera of theirs."""
        for name, owner in self.cameras.items():
            if owner == identity and name not in taken:
                return name
        name = f"camera-{len(self.cameras) + 1}"
        self.cameras[name] = identity
        return name
