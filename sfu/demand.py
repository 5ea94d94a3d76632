"""What a room wants of its simulcast videos, from the subscriptions as they are and the recording."""

from collections.abc import Callable, Collection, Iterable, Mapping

from sfu.connection import Connection
from sfu.events import Event, SubscribedQualityChanged
from sfu.ids import ParticipantSid, RoomName, TrackSid, UpTrackId
from sfu.media import Kind, Quality
from sfu.policy.dynacast import ALL, NOTHING, Dynacast, level_of
from sfu.policy.layers import wanted_encoding
from sfu.publishing import UpTrack
from sfu.subscribing import DownTrack

UpTracks = Mapping[UpTrackId, tuple[ParticipantSid, UpTrack]]


class Demand:
    def __init__(self, room: RoomName, emit: Callable[[Event], None]) -> None:
        self._room = room
        self._emit = emit
        self._dynacast = Dynacast()

    def want(self, track: DownTrack | None) -> None:
        """A subscriber's wish is new or has changed; a rise is told at once."""
        if track is None or not _is_simulcast(track.up_track):
            return
        quality = self._dynacast.want(track.up_track.track_sid, _level(track))
        if quality is not None:
            self._tell(track.info.participant_sid, track.up_track, quality)

    def begin(self, publisher: ParticipantSid, track: UpTrack) -> None:
        """Its publisher was told something else in another room: it sends all again until less is wanted."""
        if _is_simulcast(track):
            self._tell(publisher, track, Quality.HIGH)
            self.doubt([track.track_sid])

    def doubt(self, tracks: Iterable[TrackSid]) -> None:
        """Somebody receives these no more."""
        self._dynacast.doubt(tracks)

    def record(self, up_tracks: UpTracks) -> None:
        """A recording takes the best there is."""
        for sid, track in up_tracks.values():
            if _is_simulcast(track):
                quality = self._dynacast.want(track.track_sid, ALL)
                if quality is not None:
                    self._tell(sid, track, quality)

    def forget(self, tracks: Iterable[TrackSid]) -> None:
        self._dynacast.forget(tracks)

    def settle(
        self, up_tracks: UpTracks, readers: Collection[Connection], *, recorded: Collection[TrackSid], now: float
    ) -> None:
        """Tells what is wanted less for long enough. Costs nothing while nothing changes."""
        unsettled = self._dynacast.unsettled()
        if not unsettled:
            return
        owners = {track.track_sid: (sid, track) for sid, track in up_tracks.values() if _is_simulcast(track)}
        wanted = {sid: ALL if sid in recorded else NOTHING for sid in unsettled & owners.keys()}
        for reader in readers:
            tracks = reader.subscriber.tracks if reader.subscriber else {}
            for sid in wanted.keys() & tracks.keys():
                wanted[sid] = max(wanted[sid], _level(tracks[sid]))
        for sid, quality in self._dynacast.settle(wanted, now):
            self._tell(*owners[sid], quality)

    def _tell(self, publisher: ParticipantSid, track: UpTrack, quality: Quality) -> None:
        self._emit(
            SubscribedQualityChanged(
                room=self._room,
                participant_sid=publisher,
                track_sid=track.track_sid,
                codec_name=track.codec_name,
                quality=quality,
            )
        )


def _is_simulcast(track: UpTrack) -> bool:
    return track.kind is Kind.VIDEO and len(track.flowing) > 1


def _level(track: DownTrack) -> int:
    encodings = len(track.up_track.flowing)
    return level_of(wanted_encoding(track.setting, track.info.layers, encodings), encodings)
