/** Removes a unit after one more question; the server refuses while anything hangs on it. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useRemoveUnit } from "@/lms/organisation";
import type { UnitView } from "@/lms/types";
import { Dialog } from "@/ui/Dialog";
import { Failed } from "@/ui/Fetched";
import { Button, Group } from "@/ui/kit";

export function RemoveUnitDialog({ unit, onClose }: { unit: UnitView; onClose: () => void }) {
  const { t } = useLingui();
  const remove = useRemoveUnit();
  return (
    <Dialog isOpen onClose={onClose} title={t`Xoá đơn vị?`}>
      <p>
        <Trans>
          Xoá <strong>{unit.name}</strong>. Chỉ xoá được đơn vị không còn người, khoá học hay đơn vị trực thuộc.
        </Trans>
      </p>
      {remove.isError && <Failed error={remove.error} />}
      <Group justify="flex-end" mt="md">
        <Button onClick={onClose} variant="default">
          <Trans>Huỷ</Trans>
        </Button>
        <Button color="red" loading={remove.isPending} onClick={() => remove.mutate(unit.id, { onSuccess: onClose })}>
          <Trans>Xoá</Trans>
        </Button>
      </Group>
    </Dialog>
  );
}
