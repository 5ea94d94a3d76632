/** Adds a unit below another, or changes one. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useChangeUnit, useCreateUnit } from "@/lms/organisation";
import type { UnitView } from "@/lms/types";
import { Dialog } from "@/ui/Dialog";
import { Failed } from "@/ui/Fetched";
import { Button, Group, Stack, TextInput, useForm } from "@/ui/kit";
import { UnitSelect } from "@/ui/UnitSelect";
import { withDescendants } from "@/ui/unitTree.model";

export type UnitDraft = Partial<UnitView> & { parent_id: string | null };

export function UnitDialog({ draft, units, onClose }: { draft: UnitDraft; units: UnitView[]; onClose: () => void }) {
  const { t } = useLingui();
  const create = useCreateUnit();
  const change = useChangeUnit();
  const form = useForm({
    initialValues: { name: draft.name ?? "", code: draft.code ?? "", kind: draft.kind ?? "", parent_id: draft.parent_id },
    validate: {
      name: (value) => (value.trim() ? null : t`Hãy nhập tên đơn vị.`),
      code: (value) => (value.trim() ? null : t`Hãy nhập mã đơn vị.`),
    },
  });
  const { id } = draft;
  const barred = id === undefined ? new Set<string>() : withDescendants(units, id);
  const submit = form.onSubmit(({ parent_id, ...values }) => {
    const done = { onSuccess: onClose };
    if (id === undefined) create.mutate({ ...values, parent_id: parent_id ?? "" }, done);
    else change.mutate({ ...values, id, ...(parent_id === null ? {} : { parent_id }) }, done);
  });
  return (
    <Dialog isOpen onClose={onClose} title={id === undefined ? t`Thêm đơn vị` : t`Sửa đơn vị`}>
      <form noValidate onSubmit={submit}>
        <Stack>
          {(create.isError || change.isError) && <Failed error={create.error ?? change.error} />}
          <TextInput data-autofocus label={t`Tên đơn vị`} {...form.getInputProps("name")} />
          <TextInput
            description={t`Duy nhất trong hệ thống, dùng khi nhập CSV`}
            label={t`Mã đơn vị`}
            {...form.getInputProps("code")}
          />
          <TextInput label={t`Loại (không bắt buộc)`} placeholder={t`Phòng, trường, tổ…`} {...form.getInputProps("kind")} />
          {form.values.parent_id !== null && (
            <UnitSelect
              allowDeselect={false}
              label={t`Trực thuộc`}
              units={units.filter((unit) => !barred.has(unit.id))}
              {...form.getInputProps("parent_id")}
            />
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
