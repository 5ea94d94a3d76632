/**
 * Turns ticks of the player's clock into reports of played segments, the raw material of replay evidence.
 * Law: a report never claims more media than speed x wall time, reports never overlap in wall time, and a
 * seek, a pause or a change of speed closes the report before it.
 */
import { type Interval, intersect } from "./intervals.model";

export interface Tick {
  readonly second: number;
  readonly speed: number;
  /** Unix milliseconds. */
  readonly wall: number;
}

export interface Report {
  readonly id: string;
  readonly start_s: number;
  readonly end_s: number;
  readonly speed: number;
  readonly wall_start: string;
  readonly wall_end: string;
}

interface Open {
  readonly first: Tick;
  readonly last: Tick;
}

export interface Ledger {
  readonly open: Open | null;
  /** Reports the server has not answered yet, oldest first. */
  readonly waiting: readonly Report[];
}

export const EMPTY_LEDGER: Ledger = { open: null, waiting: [] };
/** Bounds one request and what a device keeps when it is away from the server for long. */
export const BATCH = 50;
export const MOST_WAITING = 2000;
const JUMP_S = 0.75;
const SHORTEST_S = 0.05;

export function played(ledger: Ledger, tick: Tick, newId: () => string): Ledger {
  if (!ledger.open) return { ...ledger, open: { first: tick, last: tick } };
  const { last } = ledger.open;
  const expected = last.second + (last.speed * (tick.wall - last.wall)) / 1000;
  const isContinuous =
    tick.speed === last.speed &&
    tick.second >= last.second &&
    Math.abs(tick.second - expected) <= JUMP_S * Math.max(1, tick.speed);
  if (isContinuous) return { ...ledger, open: { ...ledger.open, last: tick } };
  return { ...closed(ledger, newId), open: { first: tick, last: tick } };
}

/** Ends the running report; playing on afterwards begins a new one. */
export function closed(ledger: Ledger, newId: () => string): Ledger {
  if (!ledger.open) return ledger;
  const report = reportOf(ledger.open, newId);
  const waiting = report ? [...ledger.waiting, report].slice(-MOST_WAITING) : ledger.waiting;
  return { open: null, waiting };
}

/**
 * Ends the running report and begins the next where that one ended, so that no sliver is lost between two.
 * A report too short to send just goes on.
 */
export function cut(ledger: Ledger, newId: () => string): Ledger {
  if (!ledger.open) return ledger;
  const report = reportOf(ledger.open, newId);
  if (!report) return ledger;
  const { last } = ledger.open;
  const waiting = [...ledger.waiting, report].slice(-MOST_WAITING);
  return { open: { first: { ...last, second: report.end_s }, last }, waiting };
}

export function answered(ledger: Ledger, ids: readonly string[]): Ledger {
  const gone = new Set(ids);
  return { ...ledger, waiting: ledger.waiting.filter((report) => !gone.has(report.id)) };
}

export function nextBatch(ledger: Ledger): readonly Report[] {
  return ledger.waiting.slice(0, BATCH);
}

function reportOf({ first, last }: Open, newId: () => string): Report | null {
  const most = first.second + (first.speed * (last.wall - first.wall)) / 1000;
  const end = Math.min(last.second, most);
  if (end - first.second < SHORTEST_S) return null;
  return {
    id: newId(),
    start_s: toMilliseconds(first.second),
    end_s: toMilliseconds(end),
    speed: first.speed,
    wall_start: new Date(first.wall).toISOString(),
    wall_end: new Date(last.wall).toISOString(),
  };
}

function toMilliseconds(second: number): number {
  return Math.round(second * 1000) / 1000;
}

/** What a waiting report would add, for showing progress before the server has answered. */
export function claimed(ledger: Ledger, within: readonly Interval[]): Interval[] {
  const intervals = ledger.waiting.map((report): Interval => [report.start_s, report.end_s]);
  if (ledger.open) intervals.push([ledger.open.first.second, ledger.open.last.second]);
  return intersect(intervals, within);
}
