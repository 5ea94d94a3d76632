"""From the media plane's events to the outbox: webhooks at once, proven presence in small batches."""

import asyncio
from collections.abc import Callable

from sfu.events import Event, ParticipantLeft, PresenceProven, RoomFinished
from sfu.ids import RoomName
from signaling.api.notify import Notifier
from signaling.api.outbox import OutgoingEvent
from signaling.session.announce import Announcement, Announcer
from signaling.session.presence import PresenceBatch

# what a killed node may lose of what was proven, against one webhook per participant and second
PRESENCE_BATCH_S = 2.0


class Webhooks:
    """The media plane's second handler."""

    def __init__(self, notifier: Notifier, announcer: Announcer, clock: Callable[[], float]) -> None:
        self._notifier = notifier
        self._announcer = announcer
        self._clock = clock
        self._batch = PresenceBatch()

    def handle_event(self, event: Event) -> None:
        """Record what the world outside is told. Presence goes out before the stay's end."""
        match event:
            case PresenceProven():
                self._batch.add(event)
            case ParticipantLeft(room=room):
                self._flush(room)
            case RoomFinished(room=room):
                self._flush(room.name)
        announcement = self._announcer.announce(event, self._clock())
        if announcement is not None:
            self._record(announcement)

    async def run(self) -> None:
        """Send batches until cancelled."""
        while True:
            await asyncio.sleep(PRESENCE_BATCH_S)
            self.flush_all()

    def flush_all(self) -> None:
        """Record all that waits."""
        for room in self._batch.rooms():
            self._flush(room)

    def _flush(self, room: RoomName) -> None:
        proven = self._batch.take(room)
        if proven:
            self._record(self._announcer.presence(room, proven, self._clock()))

    def _record(self, announcement: Announcement) -> None:
        self._notifier.record(
            OutgoingEvent(event_id=announcement.event_id, room=announcement.room, body=announcement.body)
        )
