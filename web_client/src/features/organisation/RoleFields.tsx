/** The roles of a person, each with the unit it holds in. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { Role, UnitView } from "@/lms/types";
import { Icon } from "@/ui/Icon";
import { ActionIcon, Button, NativeSelect } from "@/ui/kit";
import { ROLE_NAMES, useRoleNames } from "@/ui/roles";
import { UnitSelect } from "@/ui/UnitSelect";
import classes from "./PeoplePage.module.css";
import type { RoleDraft } from "./person.model";

interface Props {
  roles: RoleDraft[];
  units: UnitView[];
  onChange: (roles: RoleDraft[]) => void;
}

export function RoleFields({ roles, units, onChange }: Props) {
  const { t } = useLingui();
  const names = useRoleNames();
  const change = (index: number, part: Partial<RoleDraft>) =>
    onChange(roles.map((role, at) => (at === index ? { ...role, ...part } : role)));
  return (
    <fieldset className={classes.roles}>
      <legend>
        <Trans>Vai trò</Trans>
      </legend>
      {roles.map((role, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
        <div className={classes.role} key={index}>
          <NativeSelect
            data={ROLE_NAMES.map((value) => ({ value, label: names[value] }))}
            label={t`Vai trò ${index + 1}`}
            onChange={(event) => change(index, { role: event.currentTarget.value as Role })}
            value={role.role}
          />
          <UnitSelect
            allowDeselect={false}
            label={t`Tại đơn vị`}
            onChange={(value) => change(index, { unit_id: value ?? "" })}
            units={units}
            value={role.unit_id || null}
          />
          <ActionIcon
            aria-label={t`Bỏ vai trò ${index + 1}`}
            onClick={() => onChange(roles.filter((_, at) => at !== index))}
            size={36}
            variant="default"
          >
            <Icon name="trash" size={18} />
          </ActionIcon>
        </div>
      ))}
      <Button
        leftSection={<Icon name="plus" size={18} />}
        onClick={() => onChange([...roles, { role: "trainee", unit_id: "" }])}
        size="xs"
        variant="default"
      >
        <Trans>Thêm vai trò</Trans>
      </Button>
    </fieldset>
  );
}
