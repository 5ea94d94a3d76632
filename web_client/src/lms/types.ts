/** Shapes of the API, under the names this client uses. */

export type Span = [number, number];
export type SessionState = "scheduled" | "live" | "ended";
export type ReplayState = "none" | "live" | "preparing" | "ready" | "failed";
export type RoleName = "administrator" | "official" | "teacher" | "trainee";

export interface UnitRef {
  id: string;
  name: string;
}

export interface Role {
  role: RoleName;
  unit_id: string;
  unit_name: string;
}

export interface Me {
  id: string;
  login: string;
  name: string;
  locale: "vi" | "en";
  unit: UnitRef | null;
  roles: Role[];
}
