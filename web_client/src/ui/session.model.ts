/** What somebody can do with a session as it stands now, and in which group of a list it belongs. */

export interface SessionFacts {
  state: "scheduled" | "live" | "ended";
  is_recorded: boolean;
  may_join: boolean;
  replay: "none" | "live" | "preparing" | "ready" | "failed";
  missing_s: number | null;
}

export type SessionAct = "join" | "watchMissed" | "watch" | "none";

/** Less than this is a rounding of the edges, not something to watch. */
const WORTH_WATCHING_S = 1;

export function sessionAct(session: SessionFacts): SessionAct {
  if (session.state !== "ended") return session.may_join ? "join" : "none";
  if (session.replay !== "ready") return "none";
  return (session.missing_s ?? 0) >= WORTH_WATCHING_S ? "watchMissed" : "watch";
}

export type SessionGroup = "live" | "coming" | "over";

export function sessionGroup(session: SessionFacts): SessionGroup {
  if (session.state === "live") return "live";
  return session.state === "scheduled" ? "coming" : "over";
}

interface Dated extends SessionFacts {
  starts_at: string;
}

/** Coming sessions soonest first, past ones latest first. */
export function groupSessions<S extends Dated>(sessions: readonly S[]): Record<SessionGroup, S[]> {
  const groups: Record<SessionGroup, S[]> = { live: [], coming: [], over: [] };
  for (const session of sessions) groups[sessionGroup(session)].push(session);
  const byStart = (a: S, b: S) => a.starts_at.localeCompare(b.starts_at);
  groups.live.sort(byStart);
  groups.coming.sort(byStart);
  groups.over.sort((a, b) => byStart(b, a));
  return groups;
}
