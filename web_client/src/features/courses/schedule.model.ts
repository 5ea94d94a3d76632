/** From a filled form to a session on the schedule. Day and times are the department's: dd/MM/yyyy, HH:mm, +07:00. */
import type { NewSession, SessionView } from "@/lms/types";
import { formatDay, formatTime, fromLocalField } from "@/ui/format";

export interface SessionDraft {
  title: string;
  day: string;
  start: string;
  end: string;
  host_id: string | null;
  is_recorded: boolean;
  required_from_minutes: number | string;
  required_minutes: number | string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** "9:5" and "0905" are refused, "9:05" and "09:05" are taken. */
export function isTime(text: string): boolean {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  return match !== null && Number(match[1]) < 24 && Number(match[2]) < 60;
}

export function isDay(text: string): boolean {
  return dayToIso(text) !== null;
}

/** "28/11/2026" as "2026-11-28"; null for a day that does not exist. */
export function dayToIso(text: string): string | null {
  const match = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text.trim());
  if (match === null) return null;
  const [day = "", month = "", year = ""] = match.slice(1);
  const iso = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const date = new Date(`${iso}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== iso ? null : iso;
}

/** An end that is not after the start means the next day. */
export function sessionInput(draft: SessionDraft): NewSession | null {
  const day = dayToIso(draft.day);
  if (day === null || !isTime(draft.start) || !isTime(draft.end) || draft.host_id === null) return null;
  const starts = fromLocalField(`${day}T${draft.start.trim().padStart(5, "0")}`);
  const ends = fromLocalField(`${day}T${draft.end.trim().padStart(5, "0")}`);
  if (starts === null || ends === null) return null;
  const overnight = new Date(ends) <= new Date(starts) ? DAY_MS : 0;
  return {
    title: draft.title.trim(),
    starts_at: starts,
    ends_at: new Date(new Date(ends).getTime() + overnight).toISOString().replace(".000Z", "Z"),
    host_id: draft.host_id,
    is_recorded: draft.is_recorded,
    required_from_minutes: draft.required_from_minutes === "" ? 0 : Number(draft.required_from_minutes),
    required_minutes: draft.required_minutes === "" ? null : Number(draft.required_minutes),
  };
}

const USUAL_LENGTH_MS = 90 * MINUTE_MS;
const ROUND_MS = 30 * MINUTE_MS;

/** The next half hour, an hour and a half long, recorded. */
export function emptyDraft(now: number): SessionDraft {
  const start = new Date(Math.ceil(now / ROUND_MS) * ROUND_MS).toISOString();
  const end = new Date(new Date(start).getTime() + USUAL_LENGTH_MS).toISOString();
  return {
    title: "",
    day: formatDay(start),
    start: formatTime(start),
    end: formatTime(end),
    host_id: null,
    is_recorded: true,
    required_from_minutes: "",
    required_minutes: "",
  };
}

export function draftOf(session: SessionView): SessionDraft {
  return {
    title: session.title,
    day: formatDay(session.starts_at),
    start: formatTime(session.starts_at),
    end: formatTime(session.ends_at),
    host_id: session.host.id,
    is_recorded: session.is_recorded,
    required_from_minutes: session.required_from_minutes || "",
    required_minutes: session.required_minutes ?? "",
  };
}
