// @vitest-environment node
import { describe, expect, it } from "vitest";
import { type Rect, rectsOf } from "./geometry.model";
import type { Placement, Space } from "./stage.model";

const DESKTOP: Space = { width: 1300, height: 640 };
const PHONE: Space = { width: 378, height: 620 };

function grid(count: number, columns: number): Placement {
  const tiles = Array.from({ length: count }, (_, index) => `t${index}`);
  return { focus: null, tiles, columns, page: 0, pages: 1 };
}

function focused(count: number): Placement {
  return { ...grid(count, 1), focus: "f" };
}

function overlaps(a: Rect, b: Rect): boolean {
  return (
    a.left < b.left + b.width - 0.01 &&
    b.left < a.left + a.width - 0.01 &&
    a.top < b.top + b.height - 0.01 &&
    b.top < a.top + a.height - 0.01
  );
}

const cases: [string, Placement, Space][] = [DESKTOP, PHONE].flatMap((space) => [
  ...[1, 2, 3, 5, 7, 25].map((count): [string, Placement, Space] => [
    `${count} in a grid on ${space.width}`,
    grid(count, Math.ceil(Math.sqrt(count))),
    space,
  ]),
  ...[0, 1, 3, 6].map((count): [string, Placement, Space] => [`focus and ${count} on ${space.width}`, focused(count), space]),
]);

describe("rectangles of the stage", () => {
  it.each(cases)("%s: all inside, none over another", (_, placement, space) => {
    const rects = [...rectsOf(placement, space).values()];
    expect(rects).toHaveLength(placement.tiles.length + (placement.focus ? 1 : 0));
    for (const rect of rects) {
      expect(rect.left).toBeGreaterThanOrEqual(-0.01);
      expect(rect.top).toBeGreaterThanOrEqual(-0.01);
      expect(rect.left + rect.width).toBeLessThanOrEqual(space.width + 0.01);
      expect(rect.top + rect.height).toBeLessThanOrEqual(space.height + 0.01);
      expect(rect.width).toBeGreaterThan(0);
    }
    rects.forEach((rect, index) => {
      for (const other of rects.slice(index + 1)) expect(overlaps(rect, other)).toBe(false);
    });
  });

  it("centres the last row of a grid", () => {
    const rects = rectsOf(grid(3, 2), DESKTOP);
    const last = rects.get("t2");
    expect((last?.left ?? 0) + (last?.width ?? 0) / 2).toBeCloseTo(DESKTOP.width / 2);
  });

  it("keeps the shape of pictures on a wide screen and fills an upright one", () => {
    const wide = rectsOf(grid(4, 2), DESKTOP).get("t0");
    expect((wide?.width ?? 0) / (wide?.height ?? 1)).toBeCloseTo(16 / 9);
    expect(rectsOf(grid(2, 1), PHONE).get("t0")?.width).toBeCloseTo(PHONE.width);
  });

  it("gives the focus most of the space", () => {
    const side = rectsOf(focused(3), DESKTOP).get("f");
    expect((side?.width ?? 0) / DESKTOP.width).toBeGreaterThan(0.75);
    const stacked = rectsOf(focused(3), PHONE).get("f");
    expect((stacked?.height ?? 0) / PHONE.height).toBeGreaterThan(0.7);
  });
});
