import { describe, expect, it } from "vitest";
import { foldedFilter, matches } from "./search.model";

describe("matches", () => {
  it("finds marked text by unmarked words and the other way", () => {
    expect(matches("Bồi dưỡng Đà Lạt", "boi duong da")).toBe(true);
    expect(matches("Boi duong", "BỒI")).toBe(true);
    expect(matches("Bồi dưỡng", "họp")).toBe(false);
  });
});

describe("foldedFilter", () => {
  it("keeps the options whose label matches", () => {
    const options = [{ label: "Trường Ấp 1" }, { label: "Phòng" }];
    expect(foldedFilter({ options, search: "ap" })).toEqual([{ label: "Trường Ấp 1" }]);
  });
});
