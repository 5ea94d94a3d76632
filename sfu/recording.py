"""One run of a room's journal: the room's events in its words, its tracks handed to the data plane's writer.

The folder is `<journals>/<room>/<run>`, run = Unix milliseconds in thirteen digits. A run without `closed` is
not the end of its room: a restarted node continues in a new run. See docs/journal.md.
"""

import json
import logging
import struct
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import google_crc32c

from sfu._dataplane import Dataplane, DataplaneError
from sfu.config import ParticipantInfo, RoomInfo
from sfu.errors import SfuError
from sfu.events import (
    Event,
    ParticipantJoined,
    ParticipantLeft,
    TrackUnpublished,
    TrackUpdated,
)
from sfu.ids import JournalId, ParticipantSid, RoomName, TrackSid, UpTrackId
from sfu.media import CLOCK_RATES, TrackInfo
from sfu.publishing import UpTrack

logger = logging.getLogger(__name__)

FILE_HEADER = 16
FRAME_HEADER = struct.Struct("<II")
EVENT_TYPE = 1
# type, arrival, track number
BODY_HEADER = 1 + 8 + 4


def room_folder(journals: Path, room: RoomName) -> Path:
    """Room names are free text; what a file system could misread is percent-encoded."""
    name = quote(room, safe=" ")
    return journals / (name if not name.startswith(".") else "%2E" + name[1:])


class Recording:
    def __init__(self, plane: Dataplane, journals: Path, room: RoomInfo, now: float) -> None:
        self._plane = plane
        folder = room_folder(journals, room.name)
        run = _new_run(folder, int(now * 1000))
        try:
            self._journal = JournalId(plane.open_journal(str(folder / f"{run:013d}")))
        except DataplaneError as error:
            raise SfuError(f"journal cannot be opened: {error}", "journal_unwritable") from error
        self._numbers: dict[TrackSid, int] = {}
        self._up_tracks: dict[TrackSid, UpTrackId] = {}
        self._last_number = 0
        self._append("opened", room=room.name, sid=room.sid, at_ms=room.created_at_ms)

    @property
    def id(self) -> JournalId:
        return self._journal

    def handle(self, event: Event) -> None:
        """What of the room's events the archive needs. Tracks begin by `open_track`."""
        match event:
            case ParticipantJoined(participant=who):
                self.add_participant(who)
            case ParticipantLeft(participant=who):
                self._append("participant_left", sid=who.sid)
            case TrackUpdated(track=track) if track.sid in self._numbers:
                self._append("track_muted", track=self._numbers[track.sid], muted=track.is_muted)
            case TrackUnpublished(track=track) if track.sid in self._numbers:
                self._plane.stop_recording(self._journal, self._up_tracks.pop(track.sid))
                self._append("track_closed", track=self._numbers.pop(track.sid))

    def add_participant(self, who: ParticipantInfo) -> None:
        self._append("participant_joined", sid=who.sid, identity=who.identity, name=who.name)

    def open_track(self, who: ParticipantInfo, track: TrackInfo, up_track: UpTrack) -> None:
        """Its packets follow the event in the journal."""
        self._last_number += 1
        number = self._numbers[track.sid] = self._last_number
        self._up_tracks[track.sid] = up_track.id
        self._append(
            "track_opened",
            track=number,
            sid=track.sid,
            participant_sid=who.sid,
            identity=who.identity,
            name=track.name,
            kind=track.kind,
            source=track.source,
            codec=up_track.codec,
            clock_rate=CLOCK_RATES[up_track.codec],
            payload_type=up_track.payload_type,
            width=track.width,
            height=track.height,
            encrypted=track.is_encrypted,
        )
        if track.is_muted:
            self._append("track_muted", track=number, muted=True)
        self._plane.record(self._journal, up_track.id, number)

    def add_speakers(self, loudest_first: list[ParticipantSid]) -> None:
        self._append("speakers", sids=loudest_first)

    def add_chat(self, who: ParticipantInfo, text: str) -> None:
        self._append("chat", identity=who.identity, name=who.name, text=text)

    def close(self, reason: str) -> None:
        """The recording has ended for good."""
        self._append("closed", reason=reason)
        self._plane.close_journal(self._journal)

    def suspend(self) -> None:
        """This run ends, the recording does not: the room's next run continues it."""
        self._plane.close_journal(self._journal)

    def _append(self, event: str, **fields: object) -> None:
        data = json.dumps({"event": event, **fields}, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            self._plane.append_event(self._journal, data)
        except DataplaneError:
            # the disk is too slow or full; the data plane says so by itself, the session goes on
            logger.warning("journal event lost: %s", event)


def is_unfinished(journals: Path, room: RoomName) -> bool:
    """Whether the room's newest run on disk ended without `closed`, as when its node died."""
    runs = _runs(room_folder(journals, room))
    if not runs:
        return False
    pieces = sorted(runs[-1].glob("*.jnl"))
    return not (pieces and any(event.get("event") == "closed" for event in _events(pieces[-1])))


def finish(plane: Dataplane, journals: Path, room: RoomInfo, now: float) -> None:
    """Ends the recording of a room that is not live any more."""
    Recording(plane, journals, room, now).close("room_deleted")


def _runs(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.is_dir() and each.name.isdigit())


def _new_run(folder: Path, now_ms: int) -> int:
    """Later than every run there is, also when the clock was set back."""
    runs = _runs(folder)
    return max(now_ms, int(runs[-1].name) + 1 if runs else 0)


def _events(piece: Path) -> Iterator[dict[str, object]]:
    """The events of one piece, up to its first torn frame."""
    data = piece.read_bytes()
    at = FILE_HEADER
    while at + FRAME_HEADER.size <= len(data):
        length, checksum = FRAME_HEADER.unpack_from(data, at)
        body = data[at + FRAME_HEADER.size : at + FRAME_HEADER.size + length]
        if len(body) < max(length, 1) or google_crc32c.value(body) != checksum:
            return
        if body[0] == EVENT_TYPE:
            yield json.loads(body[BODY_HEADER:])
        at += FRAME_HEADER.size + length
