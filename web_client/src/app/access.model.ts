/** Which places of the client somebody gets to see. The server decides again on every request. */
import type { Me } from "@/lms/types";

export function mayAdminister(me: Me): boolean {
  return me.roles.some(({ role }) => role !== "trainee");
}
