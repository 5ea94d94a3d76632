"""One participant's stay in terms of transports: what it sends, what it is sent, and that it was there."""

from collections.abc import Sequence
from typing import Protocol

from sfu.config import EngineConfig
from sfu.ids import ParticipantSid, TrackSid, TransportId
from sfu.measuring import Attendant
from sfu.media import DataKind
from sfu.policy.presence import PresenceLedger
from sfu.publishing import PublisherSide
from sfu.subscribing import DownTrack, SubscriberSide
from sfu.transport.peer import Network, Peer

PUBLISHER = "publisher"
SUBSCRIBER = "subscriber"


class ConnectionListener(Protocol):
    """The room, told what happens on the transports of participant `sid`."""

    def on_connected(self, sid: ParticipantSid, role: str) -> None: ...

    def on_data(self, sid: ParticipantSid, kind: DataKind, payload: bytes) -> None: ...

    def on_failed(self, sid: ParticipantSid, role: str, reason: str) -> None: ...

    def on_offer(self, sid: ParticipantSid, offer_id: int, sdp: str, mids: dict[str, str]) -> None: ...

    def on_subscribed(self, sid: ParticipantSid, publisher: ParticipantSid, track: TrackSid) -> None: ...

    def on_refused(self, sid: ParticipantSid, track: TrackSid) -> None: ...

    def on_held_back(self, sid: ParticipantSid, tracks: Sequence[DownTrack]) -> None: ...


class _Side:
    """Adds to what one transport says whose and which it is."""

    def __init__(self, listener: ConnectionListener, sid: ParticipantSid, role: str) -> None:
        self._listener = listener
        self._sid = sid
        self._role = role

    def on_connected(self) -> None:
        self._listener.on_connected(self._sid, self._role)

    def on_data(self, kind: DataKind, payload: bytes) -> None:
        self._listener.on_data(self._sid, kind, payload)

    def on_failed(self, reason: str) -> None:
        self._listener.on_failed(self._sid, self._role, reason)

    def on_offer(self, offer_id: int, sdp: str, mids: dict[str, str]) -> None:
        self._listener.on_offer(self._sid, offer_id, sdp, mids)

    def on_subscribed(self, publisher_sid: ParticipantSid, track_sid: TrackSid) -> None:
        self._listener.on_subscribed(self._sid, publisher_sid, track_sid)

    def on_refused(self, track_sid: TrackSid) -> None:
        self._listener.on_refused(self._sid, track_sid)

    def on_held_back(self, tracks: Sequence[DownTrack]) -> None:
        self._listener.on_held_back(self._sid, tracks)


class Connection:
    """`is_subscriber_primary`: which transport makes the participant active and carries its data."""

    def __init__(
        self,
        network: Network,
        listener: ConnectionListener,
        sid: ParticipantSid,
        *,
        is_subscriber_primary: bool,
        joined_at: float,
    ) -> None:
        self._network = network
        self._listener = listener
        self._sid = sid
        self.is_subscriber_primary = is_subscriber_primary
        self.joined_at = joined_at
        self.ledger = PresenceLedger(int(joined_at))
        self.is_started = False
        self.failed_at: float | None = None
        # since when nobody signals for it
        self.detached_at: float | None = None
        self.publisher: PublisherSide | None = None
        self.subscriber: SubscriberSide | None = None

    @property
    def primary_role(self) -> str:
        return SUBSCRIBER if self.is_subscriber_primary else PUBLISHER

    def open_publisher(self) -> PublisherSide:
        """The one there is, or a new one."""
        if self.publisher is None:
            self.publisher = PublisherSide(self._network, _Side(self._listener, self._sid, PUBLISHER))
        return self.publisher

    def open_subscriber(self, config: EngineConfig, *, can_reuse_sections: bool) -> SubscriberSide:
        """The one there is, or a new one, which offers soon."""
        if self.subscriber is None:
            self.subscriber = SubscriberSide(
                self._network,
                _Side(self._listener, self._sid, SUBSCRIBER),
                debounce_s=config.offer_debounce_s,
                can_reuse_sections=can_reuse_sections,
            )
        return self.subscriber

    def peers(self) -> list[Peer]:
        return [side.peer for side in (self.publisher, self.subscriber) if side is not None]

    def send(self, kind: DataKind, payload: bytes) -> bool:
        """Over the primary transport; False when it was dropped."""
        side = self.subscriber if self.is_subscriber_primary else self.publisher
        return side is not None and side.peer.send(kind, payload)

    def attendant(self, due_from: frozenset[TransportId]) -> Attendant:
        transports = tuple(peer.transport for peer in self.peers())
        return Attendant(ledger=self.ledger, transports=transports, due_from=due_from)

    def close(self) -> None:
        if self.publisher is not None:
            self.publisher.close()
        if self.subscriber is not None:
            self.subscriber.close()
