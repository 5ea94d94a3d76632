/**
 * What the player decides, as pure functions of the session clock: where to go at a gap, at the end of a missed
 * part, at the live edge; how a picture follows the sound; what the keys do.
 */
import { currentOrNext, type Interval, union } from "./intervals.model";

export type PlayerState = "loading" | "playing" | "paused" | "ended" | "error";
export type Layout = "screen" | "speaker";

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const;
export const STEP_S = 10;
export const SHORT_STEP_S = 5;
/** Playing closer to the live edge than this would wait for the recorder at every segment. */
export const LIVE_DISTANCE_S = 5;
const END_SLACK_S = 0.35;
const GAP_SLACK_S = 0.25;
const SHORTEST_MISSING_S = 0.5;
/** A missed part is played from a moment before to a moment after it, so that all of it is shown and proven. */
export const LEAD_IN_S = 0.4;
const LEAD_OUT_S = 0.3;
const RESUME_MARGIN_S = 10;

export function clamp(second: number, from: number, to: number): number {
  return Math.min(Math.max(second, from), Math.max(from, to));
}

export function nextSpeed(speed: number, direction: 1 | -1): number {
  const at = SPEEDS.findIndex((known) => known >= speed);
  const index = clamp((at < 0 ? SPEEDS.length - 1 : at) + direction, 0, SPEEDS.length - 1);
  return SPEEDS[index] ?? 1;
}

export interface Course {
  /** What was recorded; between these there is nothing to play. */
  readonly covered: readonly Interval[];
  readonly isLive: boolean;
  /** The missed parts being played one after the other, or null when playing straight on. */
  readonly missed: readonly Interval[] | null;
}

export type Step =
  | { readonly kind: "stay" }
  | { readonly kind: "jump"; readonly to: number; readonly skipped: Interval | null }
  | { readonly kind: "wait" }
  | { readonly kind: "end" };

const STAY: Step = { kind: "stay" };

/** What to do at this second: stay, jump over a hole or to the next missed part, wait for more, or end. */
export function stepAt(second: number, course: Course): Step {
  if (course.missed) {
    const step = stepInMissed(second, course.missed);
    if (step.kind !== "stay") return step;
  }
  const covered = union(course.covered);
  const edge = covered.at(-1)?.[1] ?? 0;
  if (second >= edge - END_SLACK_S) return course.isLive ? { kind: "wait" } : { kind: "end" };
  const next = currentOrNext(covered, second + GAP_SLACK_S);
  if (!next) return STAY;
  if (next[0] > second + GAP_SLACK_S) {
    return { kind: "jump", to: next[0], skipped: [second, next[0]] };
  }
  return STAY;
}

function stepInMissed(second: number, missed: readonly Interval[]): Step {
  const next = union(missed).find(([, end]) => end + LEAD_OUT_S > second);
  if (!next) return { kind: "end" };
  if (second < next[0] - LEAD_IN_S - GAP_SLACK_S) {
    return { kind: "jump", to: Math.max(0, next[0] - LEAD_IN_S), skipped: null };
  }
  return STAY;
}

/** The missed parts worth playing: slivers of rounding are dropped, neighbours joined. */
export function worthPlaying(missing: readonly Interval[]): Interval[] {
  return union(missing, 1).filter(([start, end]) => end - start >= SHORTEST_MISSING_S);
}

/** Where to begin: the place this device stopped at, unless that is the very beginning or end. */
export function resumeAt(saved: number | null, duration: number): number {
  if (saved === null || !(saved > RESUME_MARGIN_S)) return 0;
  return saved < duration - RESUME_MARGIN_S ? saved : 0;
}

const IN_STEP_S = 0.045;
const OUT_OF_STEP_S = 0.6;
const PULL = 0.5;

export type Follow = { readonly kind: "rate"; readonly rate: number } | { readonly kind: "seek"; readonly to: number };

/** How a picture keeps to the sound: small drift is pulled in by speed, large drift by a seek. */
export function follow(picture: number, sound: number, speed: number): Follow {
  const drift = picture - sound;
  if (Math.abs(drift) > OUT_OF_STEP_S * Math.max(1, speed)) return { kind: "seek", to: sound };
  if (Math.abs(drift) <= IN_STEP_S) return { kind: "rate", rate: speed };
  return { kind: "rate", rate: clamp(speed * (1 - drift * PULL), speed * 0.75, speed * 1.25) };
}

export type Command =
  | { readonly kind: "toggle" }
  | { readonly kind: "skip"; readonly seconds: number }
  | { readonly kind: "speed"; readonly direction: 1 | -1 }
  | { readonly kind: "seek"; readonly fraction: number }
  | { readonly kind: "mute" }
  | { readonly kind: "fullscreen" };

const KEYS: Readonly<Record<string, Command>> = {
  " ": { kind: "toggle" },
  k: { kind: "toggle" },
  ArrowLeft: { kind: "skip", seconds: -SHORT_STEP_S },
  ArrowRight: { kind: "skip", seconds: SHORT_STEP_S },
  j: { kind: "skip", seconds: -STEP_S },
  l: { kind: "skip", seconds: STEP_S },
  ",": { kind: "speed", direction: -1 },
  "<": { kind: "speed", direction: -1 },
  ".": { kind: "speed", direction: 1 },
  ">": { kind: "speed", direction: 1 },
  m: { kind: "mute" },
  f: { kind: "fullscreen" },
  Home: { kind: "seek", fraction: 0 },
  End: { kind: "seek", fraction: 1 },
};

export function commandOf(key: string): Command | null {
  return KEYS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

/** 75 -> "1:15", 3675 -> "1:01:15". */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const tail = `${String(whole % 60).padStart(2, "0")}`;
  if (hours === 0) return `${minutes}:${tail}`;
  return `${hours}:${String(minutes).padStart(2, "0")}:${tail}`;
}
