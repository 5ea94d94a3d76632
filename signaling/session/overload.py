"""When a node is too busy to let more people in: media threads that have no time left lose packets of those who are.

Pure. Busy is the share of a second that the busiest media thread computed; recordings and pictures of those who are in
the room go on, newcomers are told to come again.
"""

TOO_BUSY = 0.90
CALM = 0.75
# a key frame for everybody fills one second, not three
SECONDS_TO_REFUSE = 3
SECONDS_TO_ADMIT = 5


class Overload:
    """`note` once a second."""

    def __init__(self) -> None:
        self.is_overloaded = False
        self._seconds = 0

    def note(self, busy: float) -> bool:
        """Whether that has changed what `is_overloaded` says."""
        is_against = busy < CALM if self.is_overloaded else busy > TOO_BUSY
        self._seconds = self._seconds + 1 if is_against else 0
        if self._seconds < (SECONDS_TO_ADMIT if self.is_overloaded else SECONDS_TO_REFUSE):
            return False
        self.is_overloaded = not self.is_overloaded
        self._seconds = 0
        return True
