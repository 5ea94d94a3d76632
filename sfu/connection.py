"""One participant's stay in terms of transports: what it sends, what it is sent, and that it was there.

Of two transports the client offers on one and we on the other. A single one carries both directions, and the client
makes all its offers.
"""

from collections.abc import Sequence
from typing import Protocol

from sfu.config import EngineConfig
from sfu.ids import ParticipantSid, TrackSid, TransportId
from sfu.measuring import Attendant
from sfu.media import DataKind
from sfu.offering import Offering, Patience, Placing
from sfu.policy.presence import PresenceLedger
from sfu.policy.silence import Silence
from sfu.publishing import PublisherSide
from sfu.sdp.viewing import Slot
from sfu.subscribing import DownTrack, SubscriberSide
from sfu.transport.peer import Network, Peer
from sfu.viewing import ViewerSide

PUBLISHER = "publisher"
SUBSCRIBER = "subscriber"


class ConnectionListener(Protocol):
    """The room, told what happens on the transports of participant `sid`."""

    def on_connected(self, sid: ParticipantSid, role: str) -> None: ...

    def on_data(self, sid: ParticipantSid, kind: DataKind, payload: bytes) -> None: ...

    def on_failed(self, sid: ParticipantSid, role: str, reason: str) -> None: ...

    def on_path_lost(self, sid: ParticipantSid, role: str) -> None: ...

    def on_path(self, sid: ParticipantSid, role: str) -> None: ...

    def on_offer(self, sid: ParticipantSid, offer_id: int, sdp: str, mids: dict[str, str]) -> None: ...

    def on_sections_needed(self, sid: ParticipantSid, audios: int, videos: int) -> None: ...

    def on_subscribed(self, sid: ParticipantSid, publisher: ParticipantSid, track: TrackSid) -> None: ...

    def on_refused(self, sid: ParticipantSid, track: TrackSid) -> None: ...

    def on_backup_needed(self, sid: ParticipantSid, track: DownTrack) -> None: ...

    def on_held_back(self, sid: ParticipantSid, tracks: Sequence[DownTrack]) -> None: ...


class _Side:
    """Adds to what one transport says whose and which it is; who listens may change."""

    def __init__(self, connection: "Connection", role: str) -> None:
        self._connection = connection
        self._sid = connection.sid
        self._role = role

    @property
    def _listener(self) -> ConnectionListener:
        return self._connection.listener

    def on_connected(self) -> None:
        self._listener.on_connected(self._sid, self._role)

    def on_data(self, kind: DataKind, payload: bytes) -> None:
        self._listener.on_data(self._sid, kind, payload)

    def on_failed(self, reason: str) -> None:
        self._listener.on_failed(self._sid, self._role, reason)

    def on_path_lost(self) -> None:
        self._listener.on_path_lost(self._sid, self._role)

    def on_path(self) -> None:
        self._listener.on_path(self._sid, self._role)

    def on_offer(self, offer_id: int, sdp: str, mids: dict[str, str]) -> None:
        self._listener.on_offer(self._sid, offer_id, sdp, mids)

    def on_sections_needed(self, audios: int, videos: int) -> None:
        self._listener.on_sections_needed(self._sid, audios, videos)

    def on_subscribed(self, publisher_sid: ParticipantSid, track_sid: TrackSid) -> None:
        self._listener.on_subscribed(self._sid, publisher_sid, track_sid)

    def on_refused(self, track_sid: TrackSid) -> None:
        self._listener.on_refused(self._sid, track_sid)

    def on_backup_needed(self, track: DownTrack) -> None:
        self._listener.on_backup_needed(self._sid, track)

    def on_held_back(self, tracks: Sequence[DownTrack]) -> None:
        self._listener.on_held_back(self._sid, tracks)


class Connection:
    """`is_subscriber_primary`: which transport makes the participant active and carries its data; never the
    subscriber's where there is a single one.
    """

    def __init__(
        self,
        network: Network,
        listener: ConnectionListener,
        sid: ParticipantSid,
        *,
        is_single: bool,
        is_subscriber_primary: bool,
        joined_at: float,
    ) -> None:
        self._network = network
        self.listener = listener
        self.sid = sid
        self.is_single = is_single
        self.is_subscriber_primary = is_subscriber_primary and not is_single
        self.joined_at = joined_at
        self.ledger = PresenceLedger(int(joined_at))
        self.silence = Silence()
        self.is_started = False
        self.failed_at: float | None = None
        # since when each transport is without a path
        self._lost_paths: dict[str, float] = {}
        # since when nobody signals for it
        self.detached_at: float | None = None
        # when somebody last began to signal for it again
        self.resumed_at = joined_at
        self.publisher: PublisherSide | None = None
        self.subscriber: SubscriberSide | None = None
        self._connected: set[str] = set()

    def lose_path(self, role: str, now: float) -> None:
        self._lost_paths.setdefault(role, now)

    def regain_path(self, role: str) -> None:
        self._lost_paths.pop(role, None)

    @property
    def path_lost_at(self) -> float | None:
        return min(self._lost_paths.values(), default=None)

    @property
    def primary_role(self) -> str:
        return SUBSCRIBER if self.is_subscriber_primary else PUBLISHER

    def open_publisher(self) -> PublisherSide:
        """The one there is, or a new one."""
        if self.publisher is None:
            self.publisher = PublisherSide(self._network, _Side(self, PUBLISHER))
        return self.publisher

    def open_subscriber(self, config: EngineConfig, *, can_reuse_sections: bool) -> SubscriberSide:
        """The one there is, or a new one, which offers soon, or asks for what it lacks."""
        if self.subscriber is None:
            self.subscriber = self._new_subscriber(config, can_reuse_sections)
            if self.is_single and PUBLISHER in self._connected:
                self.subscriber.begin()
        return self.subscriber

    def _new_subscriber(self, config: EngineConfig, can_reuse_sections: bool) -> SubscriberSide:
        side = _Side(self, SUBSCRIBER)
        patience = Patience(ours_s=config.offer_debounce_s, theirs_s=self._network.limits.negotiation_s)
        negotiation: Offering | Placing
        if self.is_single:
            publisher = self.open_publisher()
            peer = publisher.peer
            negotiation = Placing(
                peer,
                side.on_sections_needed,
                has_offered=publisher.has_answered,
                can_reuse_sections=can_reuse_sections,
                patience=patience,
            )
        else:
            peer = self._network.open(side, creates_channels=True)
            negotiation = Offering(peer, side.on_offer, can_reuse_sections=can_reuse_sections, patience=patience)
        return SubscriberSide(self._network.plane, peer, side, negotiation)

    def open_viewer(self, slots: Sequence[Slot]) -> SubscriberSide:
        """The side of a player, whose one offer has these."""
        side = _Side(self, SUBSCRIBER)
        peer = self._network.open(side, creates_channels=False)
        self.subscriber = ViewerSide(self._network.plane, peer, side, slots)
        return self.subscriber

    def connected(self, role: str) -> None:
        """That transport is connected."""
        self._connected.add(role)
        if self.subscriber is not None and (role == SUBSCRIBER or self.is_single):
            self.subscriber.begin()

    def move(self, listener: ConnectionListener, now: float) -> None:
        """It belongs to a stay in another room from now on, and receives nothing yet."""
        self.listener = listener
        self.joined_at = now
        self.ledger = PresenceLedger(int(now))
        if self.subscriber is not None:
            for sid in list(self.subscriber.tracks):
                self.subscriber.remove(sid)

    @property
    def is_restarting(self) -> bool:
        return any(peer.is_restarting for peer in self.peers())

    def peers(self) -> list[Peer]:
        sides = (self.publisher, None if self.is_single else self.subscriber)
        return [side.peer for side in sides if side is not None]

    def send(self, kind: DataKind, payload: bytes) -> bool:
        """Over the primary transport; False when it was dropped."""
        side = self.subscriber if self.is_subscriber_primary else self.publisher
        return side is not None and side.peer.send(kind, payload)

    def attendant(self, due_from: frozenset[TransportId]) -> Attendant:
        transports = tuple(peer.transport for peer in self.peers())
        return Attendant(ledger=self.ledger, transports=transports, due_from=due_from)

    def close(self) -> None:
        if self.subscriber is not None:
            self.subscriber.close()
        if self.publisher is not None:
            self.publisher.close()
        # each of them listens to the other
        self.subscriber = self.publisher = None
