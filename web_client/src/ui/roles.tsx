/** Names of the roles. */
import { useLingui } from "@lingui/react/macro";

export type RoleName = "administrator" | "official" | "teacher" | "trainee";

export const ROLE_NAMES: readonly RoleName[] = ["administrator", "official", "teacher", "trainee"];

export function useRoleNames(): Record<RoleName, string> {
  const { t } = useLingui();
  return { administrator: t`Quản trị viên`, official: t`Cán bộ quản lý`, teacher: t`Giảng viên`, trainee: t`Học viên` };
}
