import { describe, expect, it } from "vitest";
import { formatClock, formatPercent, formatPeriod, fromLocalField, toLocalField } from "./format";

describe("times of the department", () => {
  it("shows UTC instants in Asia/Ho_Chi_Minh with 24 hours", () => {
    expect(formatPeriod("2026-11-28T01:00:00Z", "2026-11-28T02:30:00Z")).toBe("08:00–09:30, 28/11/2026");
  });

  it("names both days of a period over midnight", () => {
    expect(formatPeriod("2026-11-28T16:00:00Z", "2026-11-28T17:30:00Z")).toBe("23:00, 28/11/2026 – 00:30, 29/11/2026");
  });

  it("takes a form field back to the instant it came from", () => {
    expect(fromLocalField(toLocalField("2026-12-31T17:05:00Z"))).toBe("2026-12-31T17:05:00Z");
    expect(fromLocalField("")).toBeNull();
    expect(fromLocalField("2026-99-01T00:00")).toBeNull();
  });
});

describe("positions and shares", () => {
  it("writes clock positions with hours only when there are some", () => {
    expect([formatClock(0), formatClock(65.9), formatClock(3723), formatClock(-3)]).toEqual(["0:00", "1:05", "1:02:03", "0:00"]);
  });

  it("never rounds up to a share that was not reached", () => {
    expect(formatPercent(79.99)).toBe("79%");
    expect(formatPercent(100)).toBe("100%");
  });
});
