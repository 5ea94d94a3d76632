/** Turns the SDK's objects into the plain values of room.view.ts. Nothing of the SDK passes this file and LiveRoom.ts. */
import {
  ConnectionError,
  ConnectionErrorReason,
  ConnectionQuality,
  ConnectionState,
  DisconnectReason,
  type Participant,
  type Room,
  Track,
  type TrackPublication,
} from "livekit-client";
import type { Connection, EndReason, LineQuality, MediaSource, PersonView } from "./room.view";

const CONNECTIONS: Readonly<Record<ConnectionState, Connection>> = {
  [ConnectionState.Connecting]: "connecting",
  [ConnectionState.Connected]: "connected",
  [ConnectionState.Reconnecting]: "reconnecting",
  [ConnectionState.SignalReconnecting]: "reconnecting",
  [ConnectionState.Disconnected]: "ended",
};

const QUALITIES: Readonly<Record<ConnectionQuality, LineQuality>> = {
  [ConnectionQuality.Excellent]: "good",
  [ConnectionQuality.Good]: "fair",
  [ConnectionQuality.Poor]: "poor",
  [ConnectionQuality.Lost]: "poor",
  [ConnectionQuality.Unknown]: "unknown",
};

const END_REASONS: Partial<Record<DisconnectReason, EndReason>> = {
  [DisconnectReason.CLIENT_INITIATED]: "left",
  [DisconnectReason.DUPLICATE_IDENTITY]: "elsewhere",
  [DisconnectReason.PARTICIPANT_REMOVED]: "removed",
  [DisconnectReason.ROOM_DELETED]: "closed",
  [DisconnectReason.ROOM_CLOSED]: "closed",
};

export function connectionOf(state: ConnectionState): Connection {
  return CONNECTIONS[state];
}

export function endReasonOf(reason: DisconnectReason | undefined): EndReason {
  return (reason !== undefined && END_REASONS[reason]) || "lost";
}

/** A failed attempt to connect is final only when the server says no; everything else is the line. */
export function endReasonOfError(error: unknown): EndReason {
  if (!(error instanceof ConnectionError)) return "lost";
  if (error.reason === ConnectionErrorReason.Cancelled) return "left";
  return error.reason === ConnectionErrorReason.NotAllowed ? "refused" : "lost";
}

const sources = new WeakMap<Track, MediaSource>();

/** One source object per track, so that a tile is drawn again only when the media itself changes. */
function sourceOf(publication: TrackPublication | undefined): MediaSource | null {
  const track = publication?.track;
  if (!track || publication.isMuted) return null;
  const known = sources.get(track);
  if (known) return known;
  const source: MediaSource = {
    id: track.sid ?? track.mediaStreamTrack.id,
    attach: (element) => void track.attach(element),
    detach: (element) => void track.detach(element),
  };
  sources.set(track, source);
  return source;
}

function isOn(publication: TrackPublication | undefined): boolean {
  return publication !== undefined && !publication.isMuted;
}

export function personOf(participant: Participant): PersonView {
  const camera = participant.getTrackPublication(Track.Source.Camera);
  const microphone = participant.getTrackPublication(Track.Source.Microphone);
  const screen = participant.getTrackPublication(Track.Source.ScreenShare);
  return {
    sid: participant.sid,
    identity: participant.identity,
    name: participant.name || participant.identity,
    isLocal: participant.isLocal,
    isSpeaking: participant.isSpeaking && isOn(microphone),
    isMicrophoneOn: isOn(microphone),
    isCameraOn: isOn(camera),
    isScreenOn: isOn(screen),
    camera: sourceOf(camera),
    screen: sourceOf(screen),
    quality: QUALITIES[participant.connectionQuality],
    lastSpokeAt: participant.lastSpokeAt?.getTime() ?? 0,
    joinedAt: participant.joinedAt?.getTime() ?? 0,
  };
}

export function peopleOf(room: Room): PersonView[] {
  return [room.localParticipant, ...room.remoteParticipants.values()].map(personOf);
}

const SOUND_SOURCES = [Track.Source.Microphone, Track.Source.ScreenShareAudio];

export function soundsOf(room: Room): MediaSource[] {
  return [...room.remoteParticipants.values()]
    .flatMap((person) => SOUND_SOURCES.map((source) => sourceOf(person.getTrackPublication(source))))
    .filter((source) => source !== null);
}
