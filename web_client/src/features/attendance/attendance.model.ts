/** The order and the totals of an attendance table. */
import type { AttendanceRow } from "@/lms/types";

const collator = new Intl.Collator("vi");

/** Vietnamese lists go by the given name, the last word, then by the whole name. */
export function givenName(name: string): string {
  return name.trim().split(/\s+/).at(-1) ?? "";
}

export function byGivenName(a: AttendanceRow, b: AttendanceRow): number {
  return collator.compare(givenName(a.person.name), givenName(b.person.name)) || collator.compare(a.person.name, b.person.name);
}

export type Presence = "receiving" | "connected" | "left" | "absent";

export function presenceOf(row: AttendanceRow): Presence {
  if (row.is_connected) return row.is_receiving ? "receiving" : "connected";
  return row.joined_at === null ? "absent" : "left";
}

export interface AttendanceTotals {
  enrolled: number;
  present: number;
  absent: number;
  watchedLater: number;
}

/** Guests who are not enrolled are shown in the table and counted nowhere. */
export function attendanceTotals(rows: readonly AttendanceRow[]): AttendanceTotals {
  const enrolled = rows.filter((row) => row.is_enrolled);
  const present = enrolled.filter((row) => row.joined_at !== null);
  return {
    enrolled: enrolled.length,
    present: present.length,
    absent: enrolled.length - present.length,
    watchedLater: enrolled.filter((row) => row.replay.length > 0).length,
  };
}
