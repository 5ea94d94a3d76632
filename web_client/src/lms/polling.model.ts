/** How often a page asks again, so that what happens elsewhere shows by itself. */
import type { ReplayState, SessionState } from "./types";

const SOON_MS = 1_500;
const LIVE_MS = 3_000;
const WAITING_MS = 10_000;

interface Watched {
  state: SessionState;
  is_recorded: boolean;
  replay: ReplayState;
}

/** Milliseconds until the next look at a session, false = it will not change by itself. */
export function sessionInterval(session: Watched | undefined): number | false {
  if (session === undefined) return false;
  if (session.state === "live") return LIVE_MS;
  if (session.state === "scheduled") return WAITING_MS;
  const isPending = session.is_recorded && session.replay !== "ready" && session.replay !== "failed";
  return isPending ? SOON_MS : false;
}

/** The same over a list: as often as its most eager member. */
export function listInterval(sessions: readonly Watched[] | undefined): number | false {
  const wishes = (sessions ?? []).map(sessionInterval).filter((wish) => wish !== false);
  return wishes.length > 0 ? Math.max(LIVE_MS, Math.min(...wishes)) : false;
}
