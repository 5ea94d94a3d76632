import { describe, expect, it } from "vitest";
import { listInterval, sessionInterval } from "./polling.model";

const session = (
  state: "scheduled" | "live" | "ended",
  replay: "none" | "live" | "preparing" | "ready" | "failed",
  is_recorded = true,
) => ({
  state,
  replay,
  is_recorded,
});

describe("sessionInterval", () => {
  it("looks often while a replay is being prepared and stops when it is there", () => {
    expect(sessionInterval(session("ended", "preparing"))).toBe(1_500);
    expect(sessionInterval(session("ended", "ready"))).toBe(false);
    expect(sessionInterval(session("ended", "failed"))).toBe(false);
  });

  it("expects no replay of a session that was not recorded", () => {
    expect(sessionInterval(session("ended", "none", false))).toBe(false);
  });

  it("follows a live session and waits for a scheduled one", () => {
    expect(sessionInterval(session("live", "live"))).toBe(3_000);
    expect(sessionInterval(session("scheduled", "none"))).toBe(10_000);
    expect(sessionInterval(undefined)).toBe(false);
  });
});

describe("listInterval", () => {
  it("follows the most eager member, within reason", () => {
    expect(listInterval([session("scheduled", "none"), session("ended", "preparing")])).toBe(3_000);
    expect(listInterval([session("ended", "ready")])).toBe(false);
    expect(listInterval(undefined)).toBe(false);
  });
});
