"""All open transports of a node: their tasks, and what the data plane says of each."""

import asyncio
import logging

from sfu._dataplane import Event as PlaneEvent
from sfu.errors import SfuError
from sfu.transport.peer import Peer

logger = logging.getLogger(__name__)


class Peers:
    """A peer's task never raises, so none ends another."""

    def __init__(self) -> None:
        self._open: dict[int, Peer] = {}
        self._group: asyncio.TaskGroup | None = None

    def __len__(self) -> int:
        return len(self._open)

    def run_in(self, group: asyncio.TaskGroup) -> None:
        """From now on peers can be run; the group ends when all of them have."""
        self._group = group

    def spawn(self, peer: Peer) -> None:
        if self._group is None:
            raise SfuError("the engine is not running")
        self._open[peer.transport] = peer
        self._group.create_task(self._run(peer))

    async def _run(self, peer: Peer) -> None:
        try:
            await peer.run()
        except Exception:
            logger.exception("a transport ended badly")
        finally:
            del self._open[peer.transport]

    def handle(self, event: PlaneEvent) -> None:
        """What is no transport's business, or that of one which has ended, is ignored."""
        peer = self._open.get(event.id)
        match event.kind:
            case "dtls" if peer is not None:
                peer.handle_datagram(event.data)
            case "connected" if peer is not None:
                peer.handle_path()
            case "consent_lost" if peer is not None:
                peer.handle_path_lost()
