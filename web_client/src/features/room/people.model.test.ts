// @vitest-environment node
import { describe, expect, it } from "vitest";
import { folded, inListOrder, matches } from "./people.model";
import { initials, tintOf } from "./tiles";

describe("people in a list", () => {
  it("sorts by given name, oneself first", () => {
    const names = ["Trần Văn Dũng", "Lê Thị Ánh", "Nguyễn Thị Hoa", "Đỗ Thị Ánh"];
    const people = [...names.map((name) => ({ name, isLocal: false })), { name: "Vũ Yến", isLocal: true }];
    expect(inListOrder(people).map(({ name }) => name)).toEqual([
      "Vũ Yến",
      "Đỗ Thị Ánh",
      "Lê Thị Ánh",
      "Trần Văn Dũng",
      "Nguyễn Thị Hoa",
    ]);
  });

  it("finds names typed without marks, and in either composition", () => {
    expect(matches("Đỗ Thị Ánh", "do thi anh")).toBe(true);
    expect(matches("Đỗ Thị Ánh".normalize("NFD"), "ánh")).toBe(true);
    expect(matches("Đỗ Thị Ánh", "hoa")).toBe(false);
    expect(matches("Đỗ Thị Ánh", "  ")).toBe(true);
    expect(folded("ĐƯỜNG")).toBe("duong");
  });
});

describe("a face without a picture", () => {
  it("shows the first letters of family and given name", () => {
    expect(initials("Nguyễn Thị Hoa")).toBe("NH");
    expect(initials("  đạt ")).toBe("Đ");
    expect(initials("")).toBe("");
  });

  it("keeps one colour per identity", () => {
    expect(tintOf("an")).toBe(tintOf("an"));
    expect(tintOf("x".repeat(100))).toBeLessThan(8);
  });
});
