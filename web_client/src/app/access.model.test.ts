import { describe, expect, it } from "vitest";
import type { Role } from "@/lms/types";
import { adminPlaces, mayAdminister } from "./access.model";

const withRoles = (...roles: Role[]) => ({ roles: roles.map((role) => ({ role, unit_id: "u", unit_name: "Sở" })) });

describe("places of the administration", () => {
  it("are closed to teachers and trainees", () => {
    expect(mayAdminister(withRoles("teacher", "trainee"))).toBe(false);
    expect(mayAdminister(withRoles())).toBe(false);
  });

  it("leave the import to administrators", () => {
    expect(adminPlaces(withRoles("official")).map(({ path }) => path)).not.toContain("import");
    expect(adminPlaces(withRoles("administrator")).map(({ path }) => path)).toContain("import");
  });
});
