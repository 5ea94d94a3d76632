// @vitest-environment node
import { describe, expect, it } from "vitest";
import { columnsFor, focusOf, inOrder, mostPerPage, place, type Tile, type Wish } from "./stage.model";

const DESKTOP = { width: 1300, height: 650 };
const PHONE = { width: 390, height: 600 };
const GRID: Wish = { view: "grid", pinned: null, page: 0 };
const SPEAKER: Wish = { view: "speaker", pinned: null, page: 0 };

function tile(id: string, rest: Partial<Tile> = {}): Tile {
  const plain = { kind: "camera", isLocal: false, isSpeaking: false, hasPicture: true } as const;
  return { id, ...plain, lastSpokeAt: 0, joinedAt: 0, ...rest };
}

function people(count: number): Tile[] {
  return Array.from({ length: count }, (_, index) => tile(`p${index}`, { joinedAt: index }));
}

describe("order", () => {
  it("puts screens first and oneself last", () => {
    const tiles = [tile("me", { isLocal: true }), tile("b", { joinedAt: 2 }), tile("s", { kind: "screen", joinedAt: 9 })];
    expect(inOrder(tiles).map(({ id }) => id)).toEqual(["s", "b", "me"]);
  });

  it("does not move when somebody speaks", () => {
    const before = people(4);
    const after = before.map((person) => (person.id === "p3" ? { ...person, isSpeaking: true } : person));
    expect(inOrder(after).map(({ id }) => id)).toEqual(inOrder(before).map(({ id }) => id));
  });
});

describe("focus", () => {
  it("is nobody in the grid without a screen or a pin", () => {
    expect(focusOf(people(3), GRID)).toBeNull();
  });

  it("is somebody's screen, in the grid too, but not one's own", () => {
    expect(focusOf([...people(2), tile("s", { kind: "screen" })], GRID)?.id).toBe("s");
    expect(focusOf([...people(2), tile("s", { kind: "screen", isLocal: true })], GRID)).toBeNull();
  });

  it("is the pinned tile before all others", () => {
    const tiles = [...people(2), tile("s", { kind: "screen" })];
    expect(focusOf(tiles, { ...GRID, pinned: "p1" })?.id).toBe("p1");
    expect(focusOf(tiles, { ...GRID, pinned: "gone" })?.id).toBe("s");
  });

  it("follows who speaks, then who spoke last, never oneself while others are there", () => {
    const me = tile("me", { isLocal: true, isSpeaking: true });
    const old = tile("old", { lastSpokeAt: 5 });
    const recent = tile("recent", { lastSpokeAt: 9 });
    expect(focusOf([me, old, recent], SPEAKER)?.id).toBe("recent");
    expect(focusOf([me, { ...old, isSpeaking: true }, recent], SPEAKER)?.id).toBe("old");
    expect(focusOf([me], SPEAKER)?.id).toBe("me");
    expect(focusOf([], SPEAKER)).toBeNull();
  });
});

describe("placement", () => {
  it("chooses the columns that make pictures largest", () => {
    expect(columnsFor(1, DESKTOP)).toBe(1);
    expect(columnsFor(2, DESKTOP)).toBe(2);
    expect(columnsFor(4, DESKTOP)).toBe(2);
    expect(columnsFor(2, PHONE)).toBe(1);
    expect(columnsFor(0, DESKTOP)).toBe(1);
  });

  it("pages the grid by the size of the screen and keeps the page in range", () => {
    const placed = place(people(9), { ...GRID, page: 7 }, PHONE);
    expect([placed.pages, placed.page, placed.tiles]).toEqual([3, 2, ["p8"]]);
    expect(mostPerPage({ width: 800, height: 600 })).toBe(9);
    expect(place(people(9), GRID, DESKTOP).pages).toBe(1);
  });

  it("keeps every person reachable over the pages", () => {
    const seen = [0, 1, 2].flatMap((page) => place(people(9), { ...GRID, page }, PHONE).tiles);
    expect(new Set(seen).size).toBe(9);
  });

  it("shows the most interesting people beside the focus, in their usual order", () => {
    const tiles = people(12).map((person) => (person.id === "p11" ? { ...person, isSpeaking: true } : person));
    const placed = place(tiles, { ...SPEAKER, pinned: "p0" }, PHONE);
    expect(placed.focus).toBe("p0");
    expect(placed.tiles).toHaveLength(3);
    expect(placed.tiles.at(-1)).toBe("p11");
  });

  it("has a place for an empty room", () => {
    expect(place([], GRID, DESKTOP)).toEqual({ focus: null, tiles: [], columns: 1, page: 0, pages: 1 });
  });
});
