// @vitest-environment node
import { describe, expect, it } from "vitest";
import { type Course, clockText, commandOf, follow, nextSpeed, resumeAt, stepAt, worthPlaying } from "./player.model";

const COVERED = [
  [2, 40],
  [60, 100],
] as const;
const STRAIGHT: Course = { covered: COVERED, isLive: false, missed: null };

describe("the way through a recording", () => {
  it("plays on inside what was recorded", () => {
    expect(stepAt(10, STRAIGHT)).toEqual({ kind: "stay" });
  });

  it("jumps over a gap and tells what was skipped", () => {
    expect(stepAt(40, STRAIGHT)).toEqual({ kind: "jump", to: 60, skipped: [40, 60] });
    expect(stepAt(0, STRAIGHT)).toEqual({ kind: "jump", to: 2, skipped: [0, 2] });
  });

  it("ends at the end, but waits for more while the session is live", () => {
    expect(stepAt(99.8, STRAIGHT)).toEqual({ kind: "end" });
    expect(stepAt(99.8, { ...STRAIGHT, isLive: true })).toEqual({ kind: "wait" });
    expect(stepAt(0, { covered: [], isLive: true, missed: null })).toEqual({ kind: "wait" });
  });

  it("visits the missed parts one after the other, then stops", () => {
    const course: Course = {
      ...STRAIGHT,
      missed: [
        [20, 25],
        [70, 72],
      ],
    };
    expect(stepAt(0, course)).toEqual({ kind: "jump", to: 19.6, skipped: null });
    expect(stepAt(19.6, course)).toEqual({ kind: "stay" });
    expect(stepAt(24.9, course)).toEqual({ kind: "stay" });
    expect(stepAt(25.2, course)).toEqual({ kind: "stay" });
    expect(stepAt(25.3, course)).toEqual({ kind: "jump", to: 69.6, skipped: null });
    expect(stepAt(72.3, course)).toEqual({ kind: "end" });
  });

  it("drops slivers from the missed parts and joins neighbours", () => {
    expect(
      worthPlaying([
        [3, 3.1],
        [10, 20],
        [20.5, 30],
      ]),
    ).toEqual([[10, 30]]);
  });

  it("resumes in the middle, never at the very ends", () => {
    expect(resumeAt(45, 100)).toBe(45);
    expect(resumeAt(5, 100)).toBe(0);
    expect(resumeAt(95, 100)).toBe(0);
    expect(resumeAt(null, 100)).toBe(0);
    expect(resumeAt(Number.NaN, 100)).toBe(0);
  });
});

describe("a picture following the sound", () => {
  it("keeps the speed when in step, pulls when near, seeks when far", () => {
    expect(follow(10.01, 10, 1)).toEqual({ kind: "rate", rate: 1 });
    expect(follow(10.25, 10, 1)).toEqual({ kind: "rate", rate: 0.875 });
    expect(follow(9.75, 10, 1)).toEqual({ kind: "rate", rate: 1.125 });
    expect(follow(12, 10, 1)).toEqual({ kind: "seek", to: 10 });
    expect(follow(11, 10, 2)).toEqual({ kind: "rate", rate: 1.5 });
  });
});

describe("speeds, keys and times", () => {
  it("steps through the speeds and stops at both ends", () => {
    expect(nextSpeed(1, 1)).toBe(1.25);
    expect(nextSpeed(1, -1)).toBe(0.75);
    expect(nextSpeed(2, 1)).toBe(2);
    expect(nextSpeed(0.5, -1)).toBe(0.5);
  });

  it("reads keys in either case", () => {
    expect(commandOf(" ")).toEqual({ kind: "toggle" });
    expect(commandOf("F")).toEqual({ kind: "fullscreen" });
    expect(commandOf(">")).toEqual(commandOf("."));
    expect(commandOf("ArrowRight")).toEqual({ kind: "skip", seconds: 5 });
    expect(commandOf("q")).toBeNull();
  });

  it("writes times as people say them", () => {
    expect(clockText(75.9)).toBe("1:15");
    expect(clockText(3675)).toBe("1:01:15");
    expect(clockText(-1)).toBe("0:00");
  });
});
