// @vitest-environment node
import { describe, expect, it } from "vitest";
import { thumbnailAt } from "./thumbnails.model";

const FILES = [
  { at_s: 10, file: "b.jpg" },
  { at_s: 5, file: "a.jpg" },
  { at_s: 15, file: "c.jpg" },
];

describe("thumbnails", () => {
  it("shows the newest picture not after the second, whatever the order of the list", () => {
    expect(thumbnailAt(FILES, 12)).toBe("b.jpg");
    expect(thumbnailAt(FILES, 15)).toBe("c.jpg");
  });

  it("shows some picture before the first, and none when there are none", () => {
    expect(thumbnailAt(FILES, 1)).toBe("b.jpg");
    expect(thumbnailAt([], 1)).toBeNull();
  });
});
