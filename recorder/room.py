"""One room's recording: journal records in, archive files out. Decides everything from the records and their arrival
times alone, so reading the same journal again makes the same files, and it can be pickled between two records.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import structlog

from recorder.archive import ChatLine, Contents, State, TrackEntry, document
from recorder.cast import Cast
from recorder.clock import TICKS_PER_S, SessionClock
from recorder.journal import Damage, Record, RecordType, read_report
from recorder.media import Frame
from recorder.plan import ScreenPlan, SpeakerPlan
from recorder.renditions import AudioRendition, File, Rendition, VideoRendition
from recorder.rtp import parse_rtp
from recorder.runs import RunEnded
from recorder.thumbnails import Thumbnailer
from recorder.tracks import AudioTrack, Gap, Sound, Track, TrackInfo, VideoTrack

log = structlog.get_logger()

# Sound this old is mixed: what a stalled line delivers late is still heard, and a rewinding viewer does not mind.
MIX_DELAY_S = 4.0
CHECKPOINT_S = 60
_CHECKPOINT_TICKS = CHECKPOINT_S * TICKS_PER_S
CAMERA_PICTURE_S = 5.0
_VIDEO_CODECS = frozenset(("h264", "vp8"))


@dataclass(frozen=True, slots=True)
class RunBegan:
    """The reader goes on to this run; its name is the unix ms of its opening."""

    run: str


Item = Record | Damage | RunBegan | RunEnded


@dataclass(slots=True)
class RoomRecording:
    """The state of one room between two journal records."""

    contents: Contents = field(default_factory=Contents)
    clock: SessionClock = field(default_factory=SessionClock)
    cast: Cast = field(default_factory=Cast)
    runs: int = 0
    openings: int = 0
    is_active: bool = False
    is_interrupted: bool = False
    was_closed: bool = False
    checkpoint_due: bool = False
    heard: int = 0
    tracks: dict[int, Track] = field(default_factory=dict)
    entries: dict[int, TrackEntry] = field(default_factory=dict)
    # tracks encrypted end to end: since when, and where their media is missing
    sealed: dict[int, tuple[float, str]] = field(default_factory=dict)
    renditions: dict[str, Rendition] = field(default_factory=dict)
    speaker: SpeakerPlan = field(default_factory=SpeakerPlan)
    screen: ScreenPlan = field(default_factory=ScreenPlan)
    thumbnails: Thumbnailer = field(default_factory=Thumbnailer)
    out: list[File] = field(default_factory=list)

    def process(self, item: Item) -> None:
        """Takes the next thing the journal holds; files to write pile up in `out`."""
        self.checkpoint_due = False
        match item:
            case Record():
                if not self.was_closed:
                    self._record(item)
            case Damage():
                self.is_interrupted = True
                self.contents.add_gap(Gap(self.clock.now_s, 0.0, "journal_damaged"), "all")
            case RunBegan():
                self._begin(item.run)
            case RunEnded():
                if not self.was_closed:
                    self._pause()

    def take_files(self) -> list[File]:
        files, self.out = self.out, []
        return files

    def document(self, updated_ms: int) -> File:
        order = ("audio", "speaker", "screen")
        known = [self.renditions[name] for name in order if name in self.renditions]
        cameras = [r for name, r in self.renditions.items() if name not in order]
        data = document(self.contents, [*known, *cameras], self.thumbnails.files, updated_ms)
        return File("archive.json", data)

    # Runs and the clock

    def _begin(self, run: str) -> None:
        for number in [*self.tracks, *self.sealed]:
            self._close_track(number)
        self.clock.begin_run(int(run), is_first=self.runs == 0)
        self.contents.zero_ms = self.clock.zero_ms
        self.runs += 1
        self.is_active = False
        self.was_closed = False

    def _record(self, record: Record) -> None:
        arrival_s = self.clock.advance(record.arrival_ns)
        if record.type == RecordType.RTP:
            self._rtp(record, arrival_s)
        elif record.type == RecordType.EVENT:
            self._event(record.payload)
        elif record.type == RecordType.REPORT:
            self._report(record, arrival_s)
        if self.is_active:
            before, tick = self.clock.tick, self.clock.next_tick()
            if tick is not None:
                self.checkpoint_due = tick // _CHECKPOINT_TICKS != before // _CHECKPOINT_TICKS
                self._tick()

    def _tick(self) -> None:
        for number, track in self.tracks.items():
            if isinstance(track, VideoTrack):
                self._show(number, track, track.poll(self.clock.now_s))
            elif isinstance(track, AudioTrack):
                self._hear(number, track, track.poll(self.clock.now_s))
        audio = self._audio()
        self.out += audio.advance(self.clock.now_s - MIX_DELAY_S)
        self.contents.duration_s = max(self.contents.duration_s, self.clock.now_s)
        if self.checkpoint_due:
            audio.mixer.reset()

    def _activate(self) -> None:
        if self.is_active:
            return
        self.is_active = True
        self.openings += self.openings == 0 or self.contents.state.is_final
        ended_s = self.contents.duration_s
        if ended_s > 0:
            reason = "node_restart" if self.contents.state is State.LIVE else "not_recorded"
            self.is_interrupted = self.is_interrupted or reason == "node_restart"
            self.contents.add_gap(Gap(ended_s, max(0.0, self.clock.now_s - ended_s), reason), "all")
        self.contents.state = State.LIVE

    def _pause(self) -> None:
        """Brings everything out that is still inside: the run is over."""
        for number, track in self.tracks.items():
            self._flush(number, track)
            self._cut(number, self.clock.now_s)
        for rendition in self.renditions.values():
            if isinstance(rendition, VideoRendition):
                self.out += rendition.cut(self.clock.now_s)
        if self.is_active:
            self.contents.duration_s = max(self.contents.duration_s, self.clock.now_s)
        audio = self._audio()
        self.out += audio.advance(self.contents.duration_s)
        self.out += audio.flush()

    # Events

    def _event(self, payload: bytes) -> None:
        try:
            event = orjson.loads(payload)
            handle = _HANDLERS.get(event["event"])
            if handle is not None:
                handle(self, event)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            log.warning("journal event not understood", room=self.contents.room, error=str(error))

    def _on_opened(self, event: dict[str, Any]) -> None:
        self.contents.room = str(event.get("room", self.contents.room))
        self.contents.room_sid = str(event.get("sid", ""))
        if self.runs == 1 and not self.renditions:
            self.clock.start_with_room(int(event["at_ms"]))
            self.contents.zero_ms = self.clock.zero_ms

    def _on_joined(self, event: dict[str, Any]) -> None:
        self._activate()
        self.cast.names[str(event["sid"])] = str(event.get("name", ""))

    def _on_track_opened(self, event: dict[str, Any]) -> None:
        info = _track_info(event)
        # The viewer is told who is seen; what a client calls its track is of no use to anyone.
        info = replace(info, name=self.cast.names.get(info.participant_sid) or info.identity)
        if info.number in self.tracks:
            self._close_track(info.number)
        self._activate()
        entry = TrackEntry(info, "audio")
        self.contents.tracks.append(entry)
        self.entries[info.number] = entry
        sender = self.cast.clock_of(info.participant_sid)
        if event.get("encrypted"):
            entry.rendition = ""
            self._seal(info)
        elif info.kind == "audio" and info.codec == "opus":
            self.tracks[info.number] = AudioTrack(info, sender)
            self._audio()
        elif info.kind == "video" and info.codec in _VIDEO_CODECS:
            entry.rendition = self._video_rendition(info)
            self.tracks[info.number] = VideoTrack(info, sender)
        else:
            entry.rendition = ""
            self.contents.add_gap(Gap(self.clock.now_s, 0.0, "unsupported_codec"), info.source)

    def _seal(self, info: TrackInfo) -> None:
        """Its packets stay in the journal; without the participants' key nobody can play them."""
        rendition = "audio" if info.kind == "audio" else "screen" if info.source == "screen_share" else "speaker"
        self.sealed[info.number] = self.clock.now_s, rendition
        self.contents.add_gap(Gap(self.clock.now_s, 0.0, "encrypted"), rendition)

    def _unseal(self, number: int) -> None:
        start_s, rendition = self.sealed.pop(number)
        self.entries.pop(number).end_s = self.clock.now_s
        self.contents.add_gap(Gap(start_s, self.clock.now_s - start_s, "encrypted"), rendition)

    def _video_rendition(self, info: TrackInfo) -> str:
        if info.source == "screen_share":
            self.screen.open(info.number, info.participant_sid)
            return "screen"
        self.speaker.open(info.number, info.participant_sid)
        return self.cast.camera_of(info.identity, {self.entries[number].rendition for number in self.tracks})

    def _on_track_muted(self, event: dict[str, Any]) -> None:
        number, is_muted = int(event["track"]), bool(event["muted"])
        track = self.tracks.get(number)
        if track is None or track.is_muted == is_muted:
            return
        if is_muted:
            self._flush(number, track)
            self._cut(number, self.clock.now_s)
        track.is_muted = is_muted
        self.speaker.mute(number, is_muted)
        self.screen.mute(number, is_muted)

    def _on_track_closed(self, event: dict[str, Any]) -> None:
        self._close_track(int(event["track"]))

    def _on_speakers(self, event: dict[str, Any]) -> None:
        self.speaker.hear(tuple(str(sid) for sid in event["sids"]), self.clock.now_s)

    def _on_chat(self, event: dict[str, Any]) -> None:
        line = ChatLine(
            self.clock.now_s, str(event.get("identity", "")), str(event.get("name", "")), str(event["text"])
        )
        self.contents.chat.append(line)

    def _on_closed(self, event: dict[str, Any]) -> None:
        self._pause()
        for number in [*self.tracks, *self.sealed]:
            self._close_track(number)
        self.was_closed = True
        has_picture = any(r.entries for r in self.renditions.values() if r.kind == "video")
        if not has_picture and not self.heard:
            self.contents.state = State.FAILED
            is_sealed = any(entry.gap.reason == "encrypted" for entry in self.contents.gaps)
            self.contents.error = "the media is encrypted end to end" if is_sealed else "no media was recorded"
        else:
            self.contents.state = State.PARTIAL if self.is_interrupted else State.READY

    # Media

    def _rtp(self, record: Record, arrival_s: float) -> None:
        track = self.tracks.get(record.track)
        packet = parse_rtp(record.payload)
        if track is None or packet is None or packet.payload_type != track.info.payload_type:
            return
        self._activate()
        if isinstance(track, VideoTrack):
            self._show(record.track, track, track.push(packet, arrival_s, self.clock.now_s))
        elif isinstance(track, AudioTrack):
            self._hear(record.track, track, track.push(packet, arrival_s, self.clock.now_s))

    def _report(self, record: Record, arrival_s: float) -> None:
        track, report = self.tracks.get(record.track), read_report(record.payload)
        if track is not None and report is not None:
            track.report(*report, arrival_s)

    def _hear(self, number: int, track: AudioTrack, sounds: list[Sound]) -> None:
        mixer = self._audio().mixer
        for sound in sounds:
            mixer.add(number, sound.at_s, sound.payload, is_after_hole=sound.is_after_hole)
        self.heard += len(sounds)
        self._note(number, track)

    def _show(self, number: int, track: VideoTrack, frames: list[Frame]) -> None:
        for frame in frames:
            self._show_frame(number, frame)
        self._note(number, track)

    def _show_frame(self, number: int, frame: Frame) -> None:
        own = self.entries[number].rendition
        is_screen = own == "screen"
        if is_screen:
            if not self.screen.shows(number, is_key=frame.is_key, at_s=frame.at_s, now=self.clock.now_s):
                return
        elif self.speaker.shows(number, is_key=frame.is_key, at_s=frame.at_s, now=self.clock.now_s):
            self.out += self._video("speaker").push(frame)
        self.out += self._video(own).push(frame)
        picture = self.thumbnails.take(frame, is_screen=is_screen)
        if picture is not None:
            self.out.append(File(*picture))

    def _note(self, number: int, track: Track) -> None:
        entry = self.entries[number]
        entry.start_s = track.start_s
        if not track.gaps:
            return
        for gap in track.take_gaps():
            self.contents.add_gap(gap, entry.rendition)
            if self.speaker.current == number:
                self.contents.add_gap(gap, "speaker")

    def _flush(self, number: int, track: Track) -> None:
        if isinstance(track, VideoTrack):
            self._show(number, track, track.flush())
        elif isinstance(track, AudioTrack):
            self._hear(number, track, track.flush())

    def _cut(self, number: int, at_s: float) -> None:
        """Ends the picture of a track wherever it is shown."""
        own = self.entries[number].rendition
        if isinstance(self.tracks[number], VideoTrack):
            if own != "screen" or self.screen.current == number:
                self.out += self._video(own).cut(at_s)
            if self.speaker.current == number:
                self.out += self._video("speaker").cut(at_s)

    def _close_track(self, number: int) -> None:
        if number in self.sealed:
            self._unseal(number)
        track = self.tracks.get(number)
        if track is None:
            return
        self._flush(number, track)
        self._cut(number, self.clock.now_s)
        self.speaker.close(number)
        self.screen.close(number)
        del self.tracks[number]
        self._audio().mixer.drop(number)
        self.entries.pop(number).end_s = track.last_s

    def _audio(self) -> AudioRendition:
        audio = self.renditions.get("audio")
        if audio is None:
            audio = self.renditions["audio"] = AudioRendition("audio", "audio", self.contents.zero_ms)
        assert isinstance(audio, AudioRendition)
        return audio

    def _video(self, name: str) -> VideoRendition:
        rendition = self.renditions.get(name)
        if rendition is None:
            rendition = self.renditions[name] = VideoRendition(name, "video", self.contents.zero_ms)
            if name != "screen":
                rendition.segmenter.longest_picture_s = CAMERA_PICTURE_S
        assert isinstance(rendition, VideoRendition)
        return rendition


def _track_info(event: dict[str, Any]) -> TrackInfo:
    """What a `track_opened` event states; names of codecs and sources in lower case, without "video/"."""
    kind = str(event["kind"]).lower()
    return TrackInfo(
        number=int(event["track"]),
        sid=str(event.get("sid", "")),
        participant_sid=str(event.get("participant_sid", "")),
        identity=str(event.get("identity", "")),
        name=str(event.get("name", "")),
        kind=kind,
        source=str(event.get("source", "")).lower(),
        codec=str(event["codec"]).lower().rpartition("/")[2],
        clock_rate=int(event.get("clock_rate") or (48_000 if kind == "audio" else 90_000)),
        payload_type=int(event["payload_type"]),
    )


_HANDLERS: dict[str, Callable[[RoomRecording, dict[str, Any]], None]] = {
    "opened": RoomRecording._on_opened,
    "participant_joined": RoomRecording._on_joined,
    "track_opened": RoomRecording._on_track_opened,
    "track_muted": RoomRecording._on_track_muted,
    "track_closed": RoomRecording._on_track_closed,
    "speakers": RoomRecording._on_speakers,
    "chat": RoomRecording._on_chat,
    "closed": RoomRecording._on_closed,
}
