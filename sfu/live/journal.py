"""Whether a live room is being recorded, and the run of its journal that is open while it is."""

import logging

from sfu.errors import SfuError, UnsupportedError
from sfu.ids import ParticipantSid
from sfu.live.stage import Stage
from sfu.publishing import UpTrack
from sfu.recording import Recording

logger = logging.getLogger(__name__)


class RoomJournal:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._recording: Recording | None = None
        self._is_refused = False

    @property
    def is_open(self) -> bool:
        return self._recording is not None

    def begin_if_due(self) -> None:
        """Begins a recording that is to be: when somebody is there, and again while the disk refuses it."""
        stage = self._stage
        is_possible = stage.facilities.config.journal_folder is not None and bool(stage.connections)
        if not (stage.room.auto_record and is_possible and self._recording is None):
            return
        try:
            self.begin()
        except SfuError as error:
            if not self._is_refused:
                logger.error("room %r is not recorded: %s", stage.room.name, error)
            self._is_refused = True
        else:
            self._is_refused = False

    def begin(self) -> None:
        """Nothing when it is being recorded."""
        stage = self._stage
        folder = stage.facilities.config.journal_folder
        if folder is None:
            raise UnsupportedError("this node has no journal folder")
        if self._recording is not None:
            return
        recording = Recording(stage.facilities.plane, folder, stage.room.info(), stage.facilities.clock())
        for participant in stage.room.participants.values():
            recording.add_participant(participant.info())
        self._recording, stage.witness = recording, recording.handle
        for sid, track in stage.up_tracks.values():
            publication = stage.room.participant(sid).publication(track.track_sid)
            if publication.is_published and not track.is_backup:
                self.open_track(sid, track)
        stage.demand.record(stage.up_tracks)
        stage.tell(stage.room.set_recording(True))

    def open_track(self, sid: ParticipantSid, track: UpTrack) -> None:
        if self._recording is not None:
            participant = self._stage.room.participant(sid)
            self._recording.open_track(participant.info(), participant.publication(track.track_sid).info(), track)

    def add_chat(self, sid: ParticipantSid, text: str) -> None:
        if self._recording is not None:
            self._recording.add_chat(self._stage.room.participant(sid).info(), text)

    def add_speakers(self) -> None:
        if self._recording is not None:
            self._recording.add_speakers(self._stage.speakers.loudest_first())

    def writes_to(self, journal: int) -> bool:
        return self._recording is not None and self._recording.id == journal

    def end(self, reason: str = "stopped") -> None:
        """For good. Nothing when it is not being recorded."""
        stage = self._stage
        stage.room.auto_record = False
        recording = self._take()
        if recording is not None:
            recording.close(reason)
            stage.demand.doubt(track.track_sid for _, track in stage.up_tracks.values())
            stage.tell(stage.room.set_recording(False))

    def suspend(self) -> None:
        """The node stops: to be continued in another run."""
        recording = self._take()
        if recording is not None:
            recording.suspend()

    def _take(self) -> Recording | None:
        recording, self._recording, self._stage.witness = self._recording, None, None
        return recording
