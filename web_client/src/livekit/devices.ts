/**
 * Cameras, microphones and speakers: what a person chose on this device, why one cannot be used, which there are.
 * Names of problems come from getUserMedia (W3C Media Capture 10.2.5); browsers differ in what they call them.
 */
import type { DeviceKind } from "./room.view";

export type DeviceProblem = "denied" | "missing" | "busy" | "insecure" | "failed";

export interface JoinChoices {
  readonly isMicrophoneOn: boolean;
  readonly isCameraOn: boolean;
  readonly microphoneId: string;
  readonly cameraId: string;
  readonly speakerId: string;
}

export const FIRST_CHOICES: JoinChoices = {
  isMicrophoneOn: true,
  isCameraOn: true,
  microphoneId: "",
  cameraId: "",
  speakerId: "",
};

const PROBLEMS: Readonly<Record<string, DeviceProblem>> = {
  NotAllowedError: "denied",
  PermissionDeniedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  DevicesNotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  TrackStartError: "busy",
  AbortError: "busy",
  TypeError: "insecure",
};

export function problemOf(error: unknown): DeviceProblem {
  return PROBLEMS[error instanceof Error ? error.name : ""] ?? "failed";
}

/** Reads choices this device stored earlier; anything odd falls back field by field. */
export function choicesFrom(stored: string | null): JoinChoices {
  if (stored === null) return FIRST_CHOICES;
  try {
    const value: unknown = JSON.parse(stored);
    if (typeof value !== "object" || value === null) return FIRST_CHOICES;
    const found = value as Record<string, unknown>;
    const known = Object.entries(FIRST_CHOICES).map(([key, fallback]) => [
      key,
      typeof found[key] === typeof fallback ? found[key] : fallback,
    ]);
    return Object.fromEntries(known) as JoinChoices;
  } catch {
    return FIRST_CHOICES;
  }
}

const STORAGE_KEY = "lophop.devices";

export function storedChoices(): JoinChoices {
  return choicesFrom(window.localStorage.getItem(STORAGE_KEY));
}

export function storeChoices(choices: JoinChoices): void {
  window.localStorage.setItem(STORAGE_KEY, JSON.stringify(choices));
}

export interface Device {
  readonly id: string;
  readonly name: string;
}

/** Devices of a kind; browsers leave names empty until permission is given, and those are left out. */
export async function devicesOf(kind: DeviceKind): Promise<Device[]> {
  if (!navigator.mediaDevices?.enumerateDevices) return [];
  const all = await navigator.mediaDevices.enumerateDevices();
  return all
    .filter((device) => device.kind === kind && device.label !== "")
    .map((device) => ({ id: device.deviceId, name: device.label }));
}

export function openCamera(deviceId: string): Promise<MediaStream> {
  return open({ video: { ...wanted(deviceId), width: 1280, height: 720 } });
}

export function openMicrophone(deviceId: string): Promise<MediaStream> {
  return open({ audio: wanted(deviceId) });
}

async function open(constraints: MediaStreamConstraints): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new TypeError("media devices need a secure address");
  return await navigator.mediaDevices.getUserMedia(constraints);
}

function wanted(deviceId: string): MediaTrackConstraints {
  return deviceId ? { deviceId } : {};
}

export function closeStream(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** 0..1 from the root mean square of samples, linear in decibels from -60: quiet stays near nothing, speech fills half. */
export function meterLevel(rms: number): number {
  if (!(rms > 0)) return 0;
  return Math.min(1, Math.max(0, (20 * Math.log10(rms) + 60) / 60));
}

/** Calls back with the loudness of a stream about 15 times a second, until the returned function is called. */
export function watchLevel(stream: MediaStream, onLevel: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = window.setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    onLevel(meterLevel(Math.sqrt(power)));
  }, 66);
  void context.resume();
  return () => {
    window.clearInterval(timer);
    void context.close();
  };
}
