/**
 * One stay in a room: connects, publishes, and keeps a plain view of everything for React's useSyncExternalStore.
 * Methods that use a device reject with the browser's error; the view itself never throws.
 */
import {
  type DisconnectReason,
  ParticipantEvent,
  Room,
  RoomEvent,
  type RoomOptions,
  type TextStreamReader,
  VideoPresets,
} from "livekit-client";
import type { JoinChoices } from "./devices";
import { type ChatMessage, type DeviceKind, EMPTY_ROOM, type EndReason, type RoomView } from "./room.view";
import { connectionOf, endReasonOf, endReasonOfError, peopleOf, soundsOf } from "./translate";

const CHAT_TOPIC = "lk.chat";
/** Bounds the memory of a long session; older messages are in the recording. */
const MOST_MESSAGES = 500;
const SLOW_LINE_AFTER_MS = 4000;

const VIEW_EVENTS = [
  RoomEvent.ConnectionStateChanged,
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.TrackStreamStateChanged,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.RecordingStatusChanged,
  RoomEvent.AudioPlaybackStatusChanged,
  RoomEvent.Reconnected,
] as const;

export interface Ticket {
  readonly url: string;
  readonly token: string;
  readonly isRecorded: boolean;
}

function canEncodeH264(): boolean {
  const codecs = globalThis.RTCRtpSender?.getCapabilities?.("video")?.codecs ?? [];
  return codecs.some((codec) => codec.mimeType.toLowerCase() === "video/h264");
}

/** A recording keeps video as it was sent, and H.264 is what every player of a replay can show. */
function optionsFor(ticket: Ticket, choices: JoinChoices): RoomOptions {
  return {
    singlePeerConnection: false,
    adaptiveStream: true,
    dynacast: true,
    audioCaptureDefaults: { deviceId: choices.microphoneId || "default" },
    videoCaptureDefaults: {
      resolution: VideoPresets.h720.resolution,
      ...(choices.cameraId ? { deviceId: choices.cameraId } : {}),
    },
    ...(choices.speakerId ? { audioOutput: { deviceId: choices.speakerId } } : {}),
    publishDefaults: {
      videoCodec: ticket.isRecorded && canEncodeH264() ? "h264" : "vp8",
      backupCodec: false,
      simulcast: true,
      dtx: true,
      red: false,
    },
  };
}

export class LiveRoom {
  readonly #room: Room;
  readonly #ticket: Ticket;
  readonly #listeners = new Set<() => void>();
  #view: RoomView = EMPTY_ROOM;
  #chat: readonly ChatMessage[] = [];
  #endReason: EndReason | null = null;
  #isAwake = false;
  #isStale = false;
  #slowSince: number | null = null;

  constructor(ticket: Ticket, choices: JoinChoices) {
    this.#ticket = ticket;
    this.#room = new Room(optionsFor(ticket, choices));
    for (const event of VIEW_EVENTS) this.#room.on(event, this.#refresh);
    this.#room.on(RoomEvent.Disconnected, this.#onDisconnected);
    this.#room.localParticipant.on(ParticipantEvent.LocalTrackCpuConstrained, (track) => {
      void track.prioritizePerformance();
    });
    this.#room.registerTextStreamHandler(CHAT_TOPIC, this.#onText);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly view = (): RoomView => this.#view;

  async connect(): Promise<void> {
    try {
      await this.#room.connect(this.#ticket.url, this.#ticket.token);
    } catch (error) {
      this.#endReason ??= endReasonOfError(error);
    }
    this.#isAwake = true;
    this.#refresh();
  }

  async setMicrophone(isOn: boolean): Promise<void> {
    await this.#room.localParticipant.setMicrophoneEnabled(isOn);
    this.#refresh();
  }

  async setCamera(isOn: boolean): Promise<void> {
    await this.#room.localParticipant.setCameraEnabled(isOn);
    this.#refresh();
  }

  async setScreen(isOn: boolean): Promise<void> {
    await this.#room.localParticipant.setScreenShareEnabled(isOn, { audio: true, contentHint: "detail" });
    this.#refresh();
  }

  async switchDevice(kind: DeviceKind, deviceId: string): Promise<void> {
    await this.#room.switchActiveDevice(kind, deviceId);
  }

  async sendChat(text: string): Promise<void> {
    const { id, timestamp } = await this.#room.localParticipant.sendText(text, { topic: CHAT_TOPIC });
    const me = this.#room.localParticipant;
    this.#addMessage({ id, senderSid: me.sid, senderName: me.name || me.identity, isOwn: true, text, at: timestamp });
  }

  async startSound(): Promise<void> {
    await this.#room.startAudio();
    this.#refresh();
  }

  async leave(): Promise<void> {
    this.#endReason ??= "left";
    await this.#room.disconnect();
    this.#refresh();
  }

  readonly #onDisconnected = (reason?: DisconnectReason): void => {
    this.#endReason ??= endReasonOf(reason);
    this.#refresh();
  };

  readonly #onText = async (reader: TextStreamReader, sender: { identity: string }): Promise<void> => {
    const text = await reader.readAll();
    const person = this.#room.getParticipantByIdentity(sender.identity);
    this.#addMessage({
      id: reader.info.id,
      senderSid: person?.sid ?? sender.identity,
      senderName: person?.name || sender.identity,
      isOwn: false,
      text,
      at: reader.info.timestamp,
    });
  };

  #addMessage(message: ChatMessage): void {
    this.#chat = [...this.#chat, message].slice(-MOST_MESSAGES);
    this.#refresh();
  }

  /** Many events arrive at once; they become one new view at the end of the turn. */
  readonly #refresh = (): void => {
    if (this.#isStale) return;
    this.#isStale = true;
    queueMicrotask(() => {
      this.#isStale = false;
      this.#view = this.#snapshot();
      for (const listener of this.#listeners) listener();
    });
  };

  #snapshot(): RoomView {
    const state = connectionOf(this.#room.state);
    const isBeforeFirst = state === "ended" && this.#endReason === null && !this.#isAwake;
    const people = peopleOf(this.#room);
    return {
      connection: isBeforeFirst ? "connecting" : state,
      endReason: state === "ended" ? this.#endReason : null,
      people,
      sounds: soundsOf(this.#room),
      chat: this.#chat,
      isRecording: this.#room.isRecording,
      canPlaySound: this.#room.canPlaybackAudio,
      isLocalLineSlow: this.#isSlow(people.find((person) => person.isLocal)?.quality === "poor"),
    };
  }

  /** One bad measurement is not a bad line. */
  #isSlow(isPoor: boolean): boolean {
    this.#slowSince = isPoor ? (this.#slowSince ?? Date.now()) : null;
    return this.#slowSince !== null && Date.now() - this.#slowSince > SLOW_LINE_AFTER_MS;
  }
}
