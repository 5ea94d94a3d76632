// @vitest-environment node
import { describe, expect, it } from "vitest";
import { entryState } from "./entry.model";

describe("the door of a session", () => {
  const startsAt = "2026-11-28T08:00:00Z";
  const start = Date.parse(startsAt);

  it("opens ten minutes before the start", () => {
    expect(entryState({ state: "scheduled", startsAt, mayJoin: false }, start - 601_000)).toBe("early");
    expect(entryState({ state: "scheduled", startsAt, mayJoin: false }, start - 599_000)).toBe("open");
  });

  it("follows the server's word", () => {
    expect(entryState({ state: "scheduled", startsAt, mayJoin: true }, 0)).toBe("open");
    expect(entryState({ state: "live", startsAt, mayJoin: false }, 0)).toBe("live");
    expect(entryState({ state: "ended", startsAt, mayJoin: true }, start)).toBe("ended");
  });
});
