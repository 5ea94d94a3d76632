/** Whether the door of a session is open. */
export type EntryState = "early" | "open" | "live" | "ended";

export const OPENS_BEFORE_MS = 10 * 60_000;

/** Whether the door is open: ten minutes before the start until the end; the host may always enter earlier. */
export function entryState(
  session: { readonly state: string; readonly startsAt: string; readonly mayJoin: boolean },
  now: number,
): EntryState {
  if (session.state === "ended") return "ended";
  if (session.state === "live") return "live";
  if (session.mayJoin) return "open";
  return now >= Date.parse(session.startsAt) - OPENS_BEFORE_MS ? "open" : "early";
}
