import { describe, expect, it } from "vitest";
import { type PersonDraft, personInput } from "./person.model";

const draft: PersonDraft = {
  name: "  Nguyễn  Thị Dung ",
  login: " dung ",
  unit_id: "u1",
  roles: [
    { role: "teacher", unit_id: "u1" },
    { role: "official", unit_id: "" },
  ],
  password: "",
  is_active: true,
};

describe("personInput", () => {
  it("tidies names and drops half-filled roles", () => {
    expect(personInput(draft).create).toEqual({
      name: "Nguyễn Thị Dung",
      login: "dung",
      unit_id: "u1",
      roles: [{ role: "teacher", unit_id: "u1" }],
    });
  });

  it("sends a password only when one was typed", () => {
    expect(personInput(draft).change).not.toHaveProperty("password");
    expect(personInput({ ...draft, password: "mat-khau-moi" }).change.password).toBe("mat-khau-moi");
  });
});
