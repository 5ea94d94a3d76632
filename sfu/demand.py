"""What a room wants of its videos, from the subscriptions as they are and the recording: of each layer's publisher, and
of the second codec of those who have one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from sfu.connection import Connection
from sfu.events import Event, SubscribedQualityChanged
from sfu.ids import ParticipantSid, RoomName, TrackSid, UpTrackId
from sfu.policy.dynacast import ALL, NOTHING, QUALITIES, Dynacast, level_of
from sfu.policy.layers import wanted_encoding
from sfu.publishing import UpTrack
from sfu.subscribing import DownTrack

UpTracks = Mapping[UpTrackId, tuple[ParticipantSid, UpTrack]]

# a track in its first or (True) its second codec
Stream = tuple[TrackSid, bool]


class Demand:
    def __init__(self, room: RoomName, emit: Callable[[Event], None]) -> None:
        self._room = room
        self._emit = emit
        self._dynacast: Dynacast[Stream] = Dynacast()

    def want(self, track: DownTrack | None) -> None:
        """A subscriber's wish is new or has changed; a rise is told at once."""
        if track is None or not track.up_track.is_steered:
            return
        stream = (track.info.sid, track.is_backup)
        if track.is_backup:
            self._dynacast.expect_nothing(stream)
            self._dynacast.doubt([(track.info.sid, False)])
        if self._dynacast.want(stream, _level(track)):
            self._tell(track.info.participant_sid, track.up_track)

    def begin(self, publisher: ParticipantSid, track: UpTrack) -> None:
        """Its publisher was told something else in another room: it sends all again until less is wanted."""
        if track.is_steered and not track.is_backup:
            self._tell(publisher, track)
            self.doubt([track.track_sid])

    def doubt(self, tracks: Iterable[TrackSid]) -> None:
        """Somebody receives these no more."""
        self._dynacast.doubt(stream for track in tracks for stream in ((track, False), (track, True)))

    def record(self, up_tracks: UpTracks) -> None:
        """A recording takes the best there is, in the first codec."""
        for sid, track in up_tracks.values():
            is_recorded = track.is_steered and not track.is_backup
            if is_recorded and self._dynacast.want((track.track_sid, False), ALL):
                self._tell(sid, track)

    def forget(self, tracks: Iterable[TrackSid]) -> None:
        self._dynacast.forget(stream for track in tracks for stream in ((track, False), (track, True)))

    def forget_backup(self, track: TrackSid) -> None:
        """Its publisher has to be asked anew for the second codec."""
        self._dynacast.forget([(track, True)])

    def settle(
        self, up_tracks: UpTracks, readers: Collection[Connection], *, recorded: Collection[TrackSid], now: float
    ) -> None:
        """Tells what is wanted less for long enough. Costs nothing while nothing changes."""
        unsettled = self._dynacast.unsettled()
        if not unsettled:
            return
        firsts = {track.track_sid: (sid, track) for sid, track in up_tracks.values() if not track.is_backup}
        wanted = {
            (sid, is_backup): ALL if sid in recorded and not is_backup else NOTHING
            for sid, is_backup in unsettled
            if sid in firsts and firsts[sid][1].is_steered and (not is_backup or self._is_told(sid))
        }
        for reader in readers:
            for sid, track in (reader.subscriber.tracks if reader.subscriber else {}).items():
                stream = (sid, track.is_backup)
                if stream in wanted:
                    wanted[stream] = max(wanted[stream], _level(track))
        for sid in dict.fromkeys(sid for (sid, _), _ in self._dynacast.settle(wanted, now)):
            self._tell(*firsts[sid])

    def _is_told(self, sid: TrackSid) -> bool:
        """Its publisher has ever been asked for its second codec."""
        return self._dynacast.told((sid, True), NOTHING - 1) >= NOTHING

    def _tell(self, publisher: ParticipantSid, track: UpTrack) -> None:
        told = self._dynacast.told
        second = QUALITIES[told((track.track_sid, True), NOTHING)]
        self._emit(
            SubscribedQualityChanged(
                room=self._room,
                participant_sid=publisher,
                track_sid=track.track_sid,
                codec_name=track.codec_name,
                quality=QUALITIES[told((track.track_sid, False), ALL)],
                backup=(track.backup_codec_name, second) if track.backup_codec else None,
            )
        )


def _level(track: DownTrack) -> int:
    if track.awaits_backup:
        # how many layers it will have is not known: by the quality asked for
        return level_of(wanted_encoding(track.setting, (), ALL), ALL)
    layers = len(track.source.flowing)
    return level_of(wanted_encoding(track.setting, track.source.heights, layers), layers)
