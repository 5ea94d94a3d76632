"""What an engine says of stays, for comparison with what really was."""

from collections import defaultdict
from dataclasses import dataclass, field

from sfu.events import Event, ParticipantLeft, PresenceProven


@dataclass(slots=True)
class Told:
    """`engine.events(told.note)`; by the sid of each stay."""

    proven: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    left: list[str] = field(default_factory=list)

    def note(self, event: Event) -> None:
        if isinstance(event, PresenceProven):
            self.proven[event.participant_sid] += [second for span in event.spans for second in range(*span)]
        elif isinstance(event, ParticipantLeft):
            self.left.append(event.participant.sid)

    def errors(self, sid: str, began: float, ended: float) -> tuple[int, int]:
        """Of a stay from `began` to `ended`: seconds told twice or outside, and whole seconds missing."""
        told = self.proven[sid]
        whole = set(range(int(began) + 1, int(ended)))
        outside = [second for second in told if not int(began) <= second <= int(ended)]
        return len(told) - len(set(told)) + len(outside), len(whole - set(told))
