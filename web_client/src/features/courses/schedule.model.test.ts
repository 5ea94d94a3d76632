import { describe, expect, it } from "vitest";
import { dayToIso, emptyDraft, isTime, type SessionDraft, sessionInput } from "./schedule.model";

const draft: SessionDraft = {
  title: " Buổi 1 ",
  day: "28/11/2026",
  start: "8:00",
  end: "09:30",
  host_id: "p1",
  is_recorded: true,
  required_from_minutes: "",
  required_minutes: "",
};

describe("days and times as typed", () => {
  it("knows days that do not exist", () => {
    expect(dayToIso("28/11/2026")).toBe("2026-11-28");
    expect(dayToIso("1/2/2027")).toBe("2027-02-01");
    expect(dayToIso("31/02/2026")).toBeNull();
    expect(dayToIso("2026-11-28")).toBeNull();
  });

  it("takes 24-hour times only", () => {
    expect(["8:00", "23:59", " 09:05 "].map(isTime)).toEqual([true, true, true]);
    expect(["24:00", "8:60", "8", "8:5", "8 giờ"].map(isTime)).toEqual([false, false, false, false, false]);
  });
});

describe("sessionInput", () => {
  it("reads the department's time and sends UTC", () => {
    expect(sessionInput(draft)).toMatchObject({
      title: "Buổi 1",
      starts_at: "2026-11-28T01:00:00Z",
      ends_at: "2026-11-28T02:30:00Z",
      required_minutes: null,
      required_from_minutes: 0,
    });
  });

  it("takes an end before the start as the next day", () => {
    expect(sessionInput({ ...draft, start: "23:30", end: "00:30" })?.ends_at).toBe("2026-11-28T17:30:00Z");
  });

  it("is nothing while something is missing", () => {
    expect(sessionInput({ ...draft, host_id: null })).toBeNull();
    expect(sessionInput({ ...draft, day: "mai" })).toBeNull();
  });
});

describe("emptyDraft", () => {
  it("proposes the next half hour", () => {
    const proposed = emptyDraft(Date.parse("2026-11-28T01:10:00Z"));
    expect([proposed.day, proposed.start, proposed.end]).toEqual(["28/11/2026", "08:30", "10:00"]);
  });
});
