import { describe, expect, it } from "vitest";
import { treeOrder, withDescendants } from "./unitTree.model";

const units = [
  { id: "s2", name: "Trường B", parent_id: "d" },
  { id: "p", name: "Sở", parent_id: null },
  { id: "s1", name: "Trường Á", parent_id: "d" },
  { id: "d", name: "Phòng", parent_id: "p" },
];

describe("treeOrder", () => {
  it("goes depth first, siblings in Vietnamese order", () => {
    expect(treeOrder(units).map(({ id, level }) => [id, level])).toEqual([
      ["p", 0],
      ["d", 1],
      ["s1", 2],
      ["s2", 2],
    ]);
  });

  it("puts a unit whose parent is out of sight at the top", () => {
    expect(treeOrder(units.filter(({ id }) => id !== "p")).map(({ id, level }) => [id, level])[0]).toEqual(["d", 0]);
  });
});

describe("withDescendants", () => {
  it("holds the unit and all below it", () => {
    expect([...withDescendants(units, "d")].sort()).toEqual(["d", "s1", "s2"]);
  });
});
