// @vitest-environment node
import { describe, expect, it } from "vitest";
import { contains, currentOrNext, intersect, length, subtract, union } from "./intervals.model";

describe("intervals", () => {
  it("joins overlapping and touching parts in any order", () => {
    expect(
      union([
        [5, 9],
        [0, 2],
        [2, 4],
        [8, 12],
      ]),
    ).toEqual([
      [0, 4],
      [5, 12],
    ]);
  });

  it("joins across a slack and drops empty parts", () => {
    expect(
      union(
        [
          [0, 1],
          [1.5, 2],
          [3, 3],
        ],
        0.6,
      ),
    ).toEqual([[0, 2]]);
  });

  it("leaves the holes when one set is taken from another", () => {
    expect(
      subtract(
        [[0, 10]],
        [
          [2, 3],
          [9, 20],
        ],
      ),
    ).toEqual([
      [0, 2],
      [3, 9],
    ]);
    expect(subtract([[0, 10]], [[0, 10]])).toEqual([]);
  });

  it("keeps what two sets share", () => {
    expect(
      intersect(
        [
          [0, 5],
          [7, 9],
        ],
        [[4, 8]],
      ),
    ).toEqual([
      [4, 5],
      [7, 8],
    ]);
  });

  it("measures a second once however often it is covered", () => {
    expect(
      length([
        [0, 5],
        [3, 6],
        [3, 6],
      ]),
    ).toBe(6);
  });

  it("is half open", () => {
    expect(contains([[1, 2]], 1)).toBe(true);
    expect(contains([[1, 2]], 2)).toBe(false);
  });

  it("finds the part at or after a second", () => {
    const parts = [
      [3, 4],
      [8, 9],
    ] as const;
    expect(currentOrNext(parts, 3.5)).toEqual([3, 4]);
    expect(currentOrNext(parts, 4)).toEqual([8, 9]);
    expect(currentOrNext(parts, 9)).toBeNull();
  });

  it("splits and rejoins without loss for any cut", () => {
    for (let cut = 0; cut <= 20; cut += 1) {
      const whole = [[0, 20]] as const;
      const taken = [[cut, cut + 3]] as const;
      const again = union([...subtract(whole, taken), ...intersect(whole, taken)]);
      expect(again).toEqual([[0, 20]]);
    }
  });
});
