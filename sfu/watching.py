"""Watches the connections of a room: counters of the data plane into news of their quality."""

from collections.abc import Iterator, Mapping

from sfu._dataplane import Dataplane, DataplaneError
from sfu.config import ParticipantState
from sfu.connection import Connection
from sfu.events import ConnectionQualityChanged
from sfu.ids import ParticipantSid
from sfu.policy.quality import Qualities, Sample
from sfu.room import Room


class QualityWatch:
    def __init__(self, plane: Dataplane) -> None:
        self._plane = plane
        self._qualities = Qualities()

    def look(
        self, room: Room, connections: Mapping[ParticipantSid, Connection], now: float
    ) -> Iterator[ConnectionQualityChanged]:
        """One window: what each participant is to be told of itself and of those it is sent media of."""
        active = {
            sid: connection
            for sid, connection in connections.items()
            if room.participant(sid).state is ParticipantState.ACTIVE
        }
        self._qualities.observe({sid: self._sample(connection) for sid, connection in active.items()}, now)
        for sid, connection in active.items():
            tracks = connection.subscriber.tracks.values() if connection.subscriber else ()
            seen = {track.info.participant_sid for track in tracks}
            visible = {one for one in seen if one in active and not room.participant(one).permission.is_hidden}
            fresh = self._qualities.news(sid, (sid, *sorted(visible - {sid})))
            if fresh:
                yield ConnectionQualityChanged(room=room.name, participant_sid=sid, qualities=fresh)

    def _sample(self, connection: Connection) -> Sample:
        flows: dict[str, tuple[int, int]] = {}
        trips: list[float] = []
        for peer in connection.peers():
            try:
                stats = self._plane.transport_stats(peer.transport)
            except DataplaneError:
                # on its way out; the other transport still speaks
                continue
            flows[f"down {peer.transport}"] = stats.packets_sent, stats.lost
            if stats.rtt_ms >= 0:
                trips.append(stats.rtt_ms)
        for track in connection.publisher.tracks.values() if connection.publisher else ():
            try:
                up = self._plane.up_track_stats(track.id)
            except DataplaneError:
                continue
            # what was repaired was lost on the way, too
            flows[f"up {track.id}"] = up.packets + up.lost, up.lost + up.repaired
        return Sample(flows=flows, rtt_ms=max(trips, default=None), heard=connection.ledger.last_heard)
