/** What the room looks like at one moment, in plain values: the only shapes of live media the rest of the client knows. */
export type Connection = "connecting" | "connected" | "reconnecting" | "ended";

/** Why a connection has ended, from the reader's point of view. */
export type EndReason = "left" | "closed" | "removed" | "elsewhere" | "refused" | "lost";

export type LineQuality = "good" | "fair" | "poor" | "unknown";

export type DeviceKind = "audioinput" | "videoinput" | "audiooutput";

/** A picture or sound that can be shown in an element; `id` changes when the media behind it does. */
export interface MediaSource {
  readonly id: string;
  attach(element: HTMLMediaElement): void;
  detach(element: HTMLMediaElement): void;
}

export interface PersonView {
  readonly sid: string;
  readonly identity: string;
  readonly name: string;
  readonly isLocal: boolean;
  readonly isSpeaking: boolean;
  readonly isMicrophoneOn: boolean;
  readonly isCameraOn: boolean;
  readonly isScreenOn: boolean;
  readonly camera: MediaSource | null;
  readonly screen: MediaSource | null;
  readonly quality: LineQuality;
  /** Unix milliseconds; 0 when never. */
  readonly lastSpokeAt: number;
  readonly joinedAt: number;
}

export interface ChatMessage {
  readonly id: string;
  readonly senderSid: string;
  readonly senderName: string;
  readonly isOwn: boolean;
  readonly text: string;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface RoomView {
  readonly connection: Connection;
  readonly endReason: EndReason | null;
  readonly people: readonly PersonView[];
  readonly sounds: readonly MediaSource[];
  readonly chat: readonly ChatMessage[];
  readonly isRecording: boolean;
  /** False when the browser wants a click before it plays sound. */
  readonly canPlaySound: boolean;
  readonly isLocalLineSlow: boolean;
}

export const EMPTY_ROOM: RoomView = {
  connection: "connecting",
  endReason: null,
  people: [],
  sounds: [],
  chat: [],
  isRecording: false,
  canPlaySound: true,
  isLocalLineSlow: false,
};
