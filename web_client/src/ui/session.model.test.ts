import { describe, expect, it } from "vitest";
import { groupSessions, type SessionFacts, sessionAct } from "./session.model";

const facts = (changes: Partial<SessionFacts>): SessionFacts => ({
  state: "ended",
  is_recorded: true,
  may_join: false,
  replay: "ready",
  missing_s: 0,
  ...changes,
});

describe("sessionAct", () => {
  it("offers to join as long as the server allows it", () => {
    expect(sessionAct(facts({ state: "live", may_join: true }))).toBe("join");
    expect(sessionAct(facts({ state: "scheduled", may_join: true }))).toBe("join");
    expect(sessionAct(facts({ state: "scheduled", may_join: false }))).toBe("none");
  });

  it("offers what was missed before the whole replay", () => {
    expect(sessionAct(facts({ missing_s: 30 }))).toBe("watchMissed");
    expect(sessionAct(facts({ missing_s: 0.4 }))).toBe("watch");
    expect(sessionAct(facts({ missing_s: null }))).toBe("watch");
  });

  it("offers nothing while the replay is not there", () => {
    expect(sessionAct(facts({ replay: "preparing", missing_s: 30 }))).toBe("none");
    expect(sessionAct(facts({ replay: "failed" }))).toBe("none");
  });
});

describe("groupSessions", () => {
  it("puts the soonest coming and the latest past session first", () => {
    const at = (starts_at: string, state: SessionFacts["state"]) => ({ ...facts({ state }), starts_at });
    const groups = groupSessions([
      at("2026-11-03T01:00:00Z", "scheduled"),
      at("2026-11-02T01:00:00Z", "scheduled"),
      at("2026-10-01T01:00:00Z", "ended"),
      at("2026-10-02T01:00:00Z", "ended"),
      at("2026-11-01T01:00:00Z", "live"),
    ]);
    expect(groups.coming.map(({ starts_at }) => starts_at.slice(8, 10))).toEqual(["02", "03"]);
    expect(groups.over.map(({ starts_at }) => starts_at.slice(8, 10))).toEqual(["02", "01"]);
    expect(groups.live).toHaveLength(1);
  });
});
