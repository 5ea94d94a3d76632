// @vitest-environment node
import { describe, expect, it } from "vitest";
import { choicesFrom, FIRST_CHOICES, meterLevel, problemOf } from "./devices";

describe("device problems", () => {
  it.each([
    ["NotAllowedError", "denied"],
    ["NotFoundError", "missing"],
    ["OverconstrainedError", "missing"],
    ["NotReadableError", "busy"],
    ["Strange", "failed"],
  ])("%s is %s", (name, problem) => {
    expect(problemOf(Object.assign(new Error("x"), { name }))).toBe(problem);
  });

  it("takes anything thrown", () => {
    expect(problemOf("x")).toBe("failed");
    expect(problemOf(undefined)).toBe("failed");
    expect(problemOf(new TypeError("x"))).toBe("insecure");
  });
});

describe("stored choices", () => {
  it("keeps good fields and replaces bad ones", () => {
    expect(choicesFrom('{"isCameraOn":false,"cameraId":7,"evil":1}')).toEqual({ ...FIRST_CHOICES, isCameraOn: false });
  });

  it.each([[null], ["{"], ["3"], ["null"], ["[]"]])("falls back on %j", (stored) => {
    expect(choicesFrom(stored)).toEqual(FIRST_CHOICES);
  });
});

describe("the microphone meter", () => {
  it("shows loudness in decibels", () => {
    expect(meterLevel(0)).toBe(0);
    expect(meterLevel(Number.NaN)).toBe(0);
    expect(meterLevel(1)).toBe(1);
    expect(meterLevel(0.001)).toBeCloseTo(0);
    expect(meterLevel(0.0316)).toBeCloseTo(0.5, 2);
  });
});
