/** Parts of a session that were not recorded for anybody: what the sound lacks. Holes of one picture do not count. */
import type { ReplayView } from "@/lms/types";
import { contains, type Interval } from "./intervals.model";

/** Shorter holes pass before a note could be read. */
const SHORTEST_S = 1;

export function gapsOf(replay: Pick<ReplayView, "manifest">): Interval[] {
  return (replay.manifest?.gaps ?? [])
    .filter(({ rendition, length_s }) => (!rendition || rendition === "all" || rendition === "audio") && length_s >= SHORTEST_S)
    .map(({ start_s, length_s }): Interval => [start_s, start_s + length_s]);
}

export function isInGap(replay: Pick<ReplayView, "manifest">, second: number): boolean {
  return contains(gapsOf(replay), second);
}
