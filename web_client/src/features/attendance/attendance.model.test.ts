import { describe, expect, it } from "vitest";
import type { AttendanceRow } from "@/lms/types";
import { attendanceTotals, byGivenName, presenceOf } from "./attendance.model";

const row = (name: string, changes: Partial<AttendanceRow> = {}): AttendanceRow => ({
  person: { id: name, login: name, name, unit_name: "Trường A" },
  is_enrolled: true,
  joined_at: null,
  left_at: null,
  live: [],
  replay: [],
  missing: [],
  coverage_percent: 0,
  is_connected: false,
  is_receiving: false,
  ...changes,
});

describe("byGivenName", () => {
  it("sorts by the last word, as class lists do here", () => {
    const names = [row("Trần Văn Bình"), row("Lê Ân"), row("Đỗ Bình")].sort(byGivenName).map(({ person }) => person.name);
    expect(names).toEqual(["Lê Ân", "Đỗ Bình", "Trần Văn Bình"]);
  });
});

describe("presenceOf", () => {
  it("tells receiving from merely connected", () => {
    const joined_at = "2026-11-28T01:00:00Z";
    expect(presenceOf(row("a", { joined_at, is_connected: true, is_receiving: true }))).toBe("receiving");
    expect(presenceOf(row("a", { joined_at, is_connected: true }))).toBe("connected");
    expect(presenceOf(row("a", { joined_at }))).toBe("left");
    expect(presenceOf(row("a"))).toBe("absent");
  });
});

describe("attendanceTotals", () => {
  it("counts the enrolled only", () => {
    const rows = [
      row("a", { joined_at: "2026-11-28T01:00:00Z" }),
      row("b", { replay: [[0, 10]] }),
      row("guest", { is_enrolled: false, joined_at: "2026-11-28T01:00:00Z" }),
    ];
    expect(attendanceTotals(rows)).toEqual({ enrolled: 2, present: 1, absent: 1, watchedLater: 1 });
  });
});
