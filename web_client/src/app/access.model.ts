/** Which places of the client somebody gets to see. The server decides again on every request. */
import type { Me, Role } from "@/lms/types";

const MANAGING: readonly Role[] = ["administrator", "official"];

export type AdminPath = "courses" | "live" | "units" | "people" | "import";

interface Place {
  path: AdminPath;
  icon: "book" | "signal" | "building" | "people" | "upload";
  roles: readonly Role[];
}

const PLACES: readonly Place[] = [
  { path: "courses", icon: "book", roles: MANAGING },
  { path: "live", icon: "signal", roles: MANAGING },
  { path: "units", icon: "building", roles: MANAGING },
  { path: "people", icon: "people", roles: MANAGING },
  { path: "import", icon: "upload", roles: ["administrator"] },
];

export function adminPlaces(me: Pick<Me, "roles">): Place[] {
  const held = new Set(me.roles.map(({ role }) => role));
  return PLACES.filter(({ roles }) => roles.some((role) => held.has(role)));
}

export function mayAdminister(me: Pick<Me, "roles">): boolean {
  return adminPlaces(me).length > 0;
}
