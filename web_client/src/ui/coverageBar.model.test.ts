import { describe, expect, it } from "vitest";
import { coverageBlocks, totalSeconds } from "./coverageBar.model";

describe("coverageBlocks", () => {
  it("places each stretch in percent of the session", () => {
    const blocks = coverageBlocks({ durationS: 200, live: [[0, 50]], replay: [[100, 120]], missing: [[50, 100]] });
    expect(blocks.map(({ kind, leftPercent, widthPercent }) => [kind, leftPercent, widthPercent])).toEqual([
      ["missing", 25, 25],
      ["replay", 50, 10],
      ["live", 0, 25],
    ]);
  });

  it("cuts what lies outside the session and drops what is empty", () => {
    const blocks = coverageBlocks({
      durationS: 10,
      live: [
        [-5, 4],
        [9, 20],
        [12, 15],
      ],
      replay: [[3, 3]],
      missing: [],
    });
    expect(blocks.map(({ startS, endS }) => [startS, endS])).toEqual([
      [0, 4],
      [9, 10],
    ]);
  });

  it("shows nothing for a session without length", () => {
    expect(coverageBlocks({ durationS: 0, live: [[0, 1]], replay: [], missing: [] })).toEqual([]);
  });
});

describe("totalSeconds", () => {
  it("counts overlapping stretches once, whatever their order", () => {
    expect(
      totalSeconds([
        [10, 20],
        [0, 12],
        [15, 16],
        [30, 31],
      ]),
    ).toBe(21);
    expect(totalSeconds([])).toBe(0);
  });
});
