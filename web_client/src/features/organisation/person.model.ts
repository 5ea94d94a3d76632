/** From a filled form to what the server is asked to do. */
import type { NewPerson, PersonChange, Role } from "@/lms/types";

export interface RoleDraft {
  role: Role;
  unit_id: string;
}

export interface PersonDraft {
  name: string;
  login: string;
  unit_id: string | null;
  roles: RoleDraft[];
  password: string;
  is_active: boolean;
}

/** Half-filled role lines are left out; an empty password changes nothing. */
export function personInput(draft: PersonDraft): { create: NewPerson; change: PersonChange } {
  const name = draft.name.trim().replace(/\s+/g, " ");
  const unit_id = draft.unit_id ?? "";
  const roles = draft.roles.filter((role) => role.unit_id !== "");
  const password = draft.password === "" ? {} : { password: draft.password };
  return {
    create: { name, login: draft.login.trim(), unit_id, roles, ...password },
    change: { name, unit_id, roles, is_active: draft.is_active, ...password },
  };
}
