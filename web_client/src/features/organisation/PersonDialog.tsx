/** Adds a person or changes one: unit, roles, password, open or closed. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useChangePerson, useCreatePerson, useUnits } from "@/lms/organisation";
import type { PersonView } from "@/lms/types";
import { Dialog } from "@/ui/Dialog";
import { Failed } from "@/ui/Fetched";
import { Button, Group, PasswordInput, Stack, Switch, TextInput, useForm } from "@/ui/kit";
import { UnitSelect } from "@/ui/UnitSelect";
import { type PersonDraft, personInput } from "./person.model";
import { RoleFields } from "./RoleFields";

const SHORTEST_PASSWORD = 8;

export function PersonDialog({ person, onClose }: { person: PersonView | null; onClose: () => void }) {
  const { t } = useLingui();
  const units = useUnits().data ?? [];
  const create = useCreatePerson();
  const change = useChangePerson();
  const form = useForm<PersonDraft>({
    initialValues: {
      name: person?.name ?? "",
      login: person?.login ?? "",
      unit_id: person?.unit.id ?? null,
      roles: person?.roles.map(({ role, unit_id }) => ({ role, unit_id })) ?? [],
      password: "",
      is_active: person?.is_active ?? true,
    },
    validate: {
      name: (value) => (value.trim() ? null : t`Hãy nhập họ và tên.`),
      login: (value) => (value.trim() ? null : t`Hãy nhập tên đăng nhập.`),
      unit_id: (value) => (value ? null : t`Hãy chọn đơn vị.`),
      password: (value) =>
        value === "" || value.length >= SHORTEST_PASSWORD ? null : t`Mật khẩu cần ít nhất ${SHORTEST_PASSWORD} ký tự.`,
    },
  });
  const submit = form.onSubmit((draft) => {
    const { create: added, change: changed } = personInput(draft);
    if (person === null) create.mutate(added, { onSuccess: onClose });
    else change.mutate({ id: person.id, ...changed }, { onSuccess: onClose });
  });
  return (
    <Dialog isOpen isWide onClose={onClose} title={person === null ? t`Thêm người` : t`Sửa ${person.name}`}>
      <form noValidate onSubmit={submit}>
        <Stack>
          {(create.isError || change.isError) && <Failed error={create.error ?? change.error} />}
          <TextInput data-autofocus label={t`Họ và tên`} {...form.getInputProps("name")} />
          <TextInput autoComplete="off" disabled={person !== null} label={t`Tên đăng nhập`} {...form.getInputProps("login")} />
          <UnitSelect label={t`Thuộc đơn vị`} units={units} {...form.getInputProps("unit_id")} />
          <RoleFields onChange={(roles) => form.setFieldValue("roles", roles)} roles={form.values.roles} units={units} />
          <PasswordInput
            autoComplete="new-password"
            description={person === null ? t`Để trống nếu cấp sau` : t`Để trống nếu giữ mật khẩu cũ`}
            label={t`Mật khẩu`}
            visibilityToggleButtonProps={{ "aria-label": t`Hiện mật khẩu`, tabIndex: 0 }}
            {...form.getInputProps("password")}
          />
          {person !== null && (
            <Switch label={t`Tài khoản được đăng nhập`} {...form.getInputProps("is_active", { type: "checkbox" })} />
          )}
          <Group justify="flex-end">
            <Button onClick={onClose} variant="default">
              <Trans>Huỷ</Trans>
            </Button>
            <Button loading={create.isPending || change.isPending} type="submit">
              <Trans>Lưu</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
