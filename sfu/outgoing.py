"""The events of the media plane on their way out: in order, each in a later turn of the loop than its cause."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from sfu.events import Event

logger = logging.getLogger(__name__)

EventHandler = Callable[[Event], None]


class Outgoing:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handlers: list[EventHandler] = []
        self._waiting: deque[Event] = deque()

    def add(self, handler: EventHandler) -> Callable[[], None]:
        """Hands every later event to `handler`; the returned function stops that."""
        self._handlers.append(handler)
        return lambda: self._handlers.remove(handler)

    def emit(self, event: Event) -> None:
        if not self._waiting:
            self._loop.call_soon(self.deliver)
        self._waiting.append(event)

    def deliver(self) -> None:
        """All that waits, now."""
        while self._waiting:
            event = self._waiting[0]
            for handler in list(self._handlers):
                try:
                    handler(event)
                except Exception:
                    # one reader's fault must not keep events from the others
                    logger.exception("an event handler failed on %s", type(event).__name__)
            self._waiting.popleft()
