/**
 * Compares two views of the room and names what a person who cannot see the screen must be told.
 */
export interface Person {
  readonly sid: string;
  readonly name: string;
  readonly isLocal: boolean;
  readonly isMicrophoneOn: boolean;
  readonly isCameraOn: boolean;
  readonly isScreenOn: boolean;
}

export interface Scene {
  readonly people: readonly Person[];
  readonly isRecording: boolean;
  readonly connection: "connecting" | "connected" | "reconnecting" | "ended";
}

export type Change =
  | { readonly kind: "joined" | "left" | "screen_on" | "screen_off"; readonly name: string }
  | { readonly kind: "crowd_joined" | "crowd_left"; readonly count: number }
  | {
      readonly kind:
        | "microphone_on"
        | "microphone_off"
        | "camera_on"
        | "camera_off"
        | "recording_on"
        | "recording_off"
        | "lost"
        | "restored";
    };

/** More arrivals at once than this are told as a number, not as a list of names. */
const NAMED_MOST = 2;

export function changesBetween(before: Scene, after: Scene): Change[] {
  const changes: Change[] = [];
  const old = new Map(before.people.map((person) => [person.sid, person]));
  const now = new Map(after.people.map((person) => [person.sid, person]));
  if (before.connection === "connected" && after.connection === "connected") {
    const joined = after.people.filter((person) => !person.isLocal && !old.has(person.sid));
    const left = before.people.filter((person) => !person.isLocal && !now.has(person.sid));
    changes.push(...crowd("joined", joined), ...crowd("left", left));
  }
  for (const person of after.people) {
    const was = old.get(person.sid);
    if (person.isLocal && was) changes.push(...ownChanges(was, person));
    if (!person.isLocal && Boolean(was?.isScreenOn) !== person.isScreenOn) {
      changes.push({ kind: person.isScreenOn ? "screen_on" : "screen_off", name: person.name });
    }
  }
  if (before.isRecording !== after.isRecording) {
    changes.push({ kind: after.isRecording ? "recording_on" : "recording_off" });
  }
  if (before.connection === "connected" && after.connection === "reconnecting") changes.push({ kind: "lost" });
  if (before.connection === "reconnecting" && after.connection === "connected") changes.push({ kind: "restored" });
  return changes;
}

function crowd(kind: "joined" | "left", people: readonly Person[]): Change[] {
  if (people.length > NAMED_MOST) {
    return [{ kind: kind === "joined" ? "crowd_joined" : "crowd_left", count: people.length }];
  }
  return people.map(({ name }) => ({ kind, name }));
}

function ownChanges(was: Person, is: Person): Change[] {
  const changes: Change[] = [];
  if (was.isMicrophoneOn !== is.isMicrophoneOn) {
    changes.push({ kind: is.isMicrophoneOn ? "microphone_on" : "microphone_off" });
  }
  if (was.isCameraOn !== is.isCameraOn) {
    changes.push({ kind: is.isCameraOn ? "camera_on" : "camera_off" });
  }
  return changes;
}
