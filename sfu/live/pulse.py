"""What the clock brings to a live room: who speaks, how well everybody hears, who is owed what, who was there."""

import math

from sfu._dataplane import Level
from sfu.allocating import Costs, allot
from sfu.config import LeaveReason, ParticipantState
from sfu.connection import Connection
from sfu.events import PathSilent, SpeakersChanged
from sfu.ids import ParticipantSid, TransportId
from sfu.live.journal import RoomJournal
from sfu.live.stage import Stage
from sfu.measuring import Attendant
from sfu.media import Source
from sfu.policy.speakers import Loudness
from sfu.publishing import poll_flow
from sfu.watching import QualityWatch

# how long media may go on without signalling before the stay is over: a gateway may be restarted meanwhile
DETACHED_GRACE_S = 60
# how long a stay without signalling (its socket closed, or it has none: WHIP, WHEP) may also be without media: nobody
# is shown as present for more than twenty seconds after the last sign of life
SILENT_GRACE_S = 18
# how long a stay with signalling has to get a lost path back
PATH_GRACE_S = 20
# how long a client that has just come (back) has to find a path, before it is asked to look again
RESUME_GRACE_S = 8
# how long the front door has to end a stay whose transport failed
FAILED_GRACE_S = 10


class Pulse:
    def __init__(self, stage: Stage, journal: RoomJournal) -> None:
        self._stage = stage
        self._journal = journal
        self._quality = QualityWatch(stage.facilities.plane)
        self._spoke_last: frozenset[ParticipantSid] = frozenset()
        self._costs = Costs(stage.facilities.plane)

    def hear(self, levels: dict[int, Level]) -> None:
        """One window of loudness."""
        window = []
        for up_track, (sid, track) in self._stage.up_tracks.items():
            level = levels.get(up_track)
            source = self._stage.room.participant(sid).publication(track.track_sid).request.source
            if level is not None and source in (Source.MICROPHONE, Source.UNKNOWN):
                window.append(
                    Loudness(
                        participant_sid=sid,
                        loudest_dbov=level.loudest_dbov,
                        active_packets=level.active_packets,
                    )
                )
        changed = self._stage.speakers.observe(window)
        if changed:
            self._journal.add_speakers()
            self._stage.tell([SpeakersChanged(room=self._stage.room.name, speakers=tuple(changed))])

    def poll_flow(self) -> None:
        for _, track in self._stage.up_tracks.values():
            if poll_flow(self._stage.facilities.plane, track):
                self._stage.refresh(track)

    def tell_quality(self, now: float) -> None:
        """Once a window of `sfu.policy.quality`."""
        self._stage.tell(self._quality.look(self._stage.room, self._stage.connections, now))

    def settle_demand(self, now: float) -> None:
        """Publishers need not send what nobody has wanted for a while; a recording takes the best of all."""
        recorded = {track.track_sid for _, track in self._stage.up_tracks.values()} if self._journal.is_open else set()
        self._stage.demand.settle(self._stage.up_tracks, self._stage.connections.values(), recorded=recorded, now=now)

    def allot(self, now: float) -> None:
        """Shares what the path to each subscriber carries among what it is sent, and what time there is among all."""
        # in a pause the last to speak still come first
        self._spoke_last = frozenset(self._stage.speakers.loudest_first()) or self._spoke_last
        self._costs.begin_second(self._stage.up_tracks)
        for connection in self._stage.connections.values():
            if connection.subscriber is not None:
                connection.subscriber.shed(self._stage.facilities.shedding.steps)
                allot(connection.subscriber, self._costs, speaking=self._spoke_last, now=now)

    def tell_silence(self, now: float) -> None:
        """Once a second: whose path has fallen silent, unless its client looks for another one."""
        for sid, connection in self._stage.connections.items():
            is_silent = connection.silence.observe(connection.ledger.last_heard, now)
            is_looking = connection.is_restarting or now - connection.resumed_at < RESUME_GRACE_S
            if is_silent and connection.detached_at is None and not is_looking:
                self._stage.facilities.emit(PathSilent(room=self._stage.room.name, participant_sid=sid))

    def stuck(self, now: float) -> list[tuple[ParticipantSid, LeaveReason]]:
        """Stays that never became active, whose transport failed and whom nobody has ended, or that have been without
        signalling, a path or both for too long.
        """
        found = []
        for sid, connection in self._stage.connections.items():
            participant = self._stage.room.participant(sid)
            is_joining = participant.state is ParticipantState.JOINED
            silent_since = connection.ledger.last_heard or connection.joined_at
            if is_joining and now - connection.joined_at > self._stage.facilities.config.join_timeout_s:
                found.append((sid, LeaveReason.CONNECTION_TIMEOUT))
            elif connection.failed_at is not None and now - connection.failed_at > FAILED_GRACE_S:
                found.append((sid, LeaveReason.MEDIA_FAILURE))
            elif not is_joining and not participant.request.has_signalling:
                if now - silent_since > SILENT_GRACE_S:
                    found.append((sid, LeaveReason.MEDIA_FAILURE))
            elif connection.path_lost_at is not None:
                if now - connection.path_lost_at > PATH_GRACE_S:
                    found.append((sid, LeaveReason.MEDIA_FAILURE))
            elif connection.detached_at is not None:
                if now - silent_since > SILENT_GRACE_S or now - connection.detached_at > DETACHED_GRACE_S:
                    found.append((sid, LeaveReason.SIGNAL_CLOSE))
        return found

    def attendants(self) -> list[Attendant]:
        return [connection.attendant(self._due_from(connection)) for connection in self._stage.connections.values()]

    def _due_from(self, connection: Connection) -> frozenset[TransportId]:
        """The transports whose media this participant is to get now."""
        if connection.subscriber is None:
            return frozenset()
        sources = set()
        for track in connection.subscriber.tracks.values():
            publisher = self._stage.connections.get(track.info.participant_sid)
            participant = self._stage.room.participants.get(track.info.participant_sid)
            if track.is_due and participant and publisher and publisher.publisher:
                if not participant.publication(track.info.sid).is_muted:
                    sources.add(publisher.publisher.peer.transport)
        return frozenset(sources)

    def prove_presence(self, now: float) -> None:
        for sid, connection in self._stage.connections.items():
            self._stage.prove(self._stage.room.participant(sid), connection.ledger.settle(math.floor(now)))
