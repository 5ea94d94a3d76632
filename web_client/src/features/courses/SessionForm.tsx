/** The fields of a session on the schedule. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { NewSession, PersonLink } from "@/lms/types";
import { Failed } from "@/ui/Fetched";
import { Button, Group, NumberInput, SimpleGrid, Stack, Switch, TextInput, useForm } from "@/ui/kit";
import { PersonSelect } from "./PersonSelect";
import { isDay, isTime, type SessionDraft, sessionInput } from "./schedule.model";

interface Props {
  draft: SessionDraft;
  host?: PersonLink;
  error: unknown;
  isPending: boolean;
  onSave: (input: NewSession) => void;
  onClose: () => void;
}

export function SessionForm({ draft, host, error, isPending, onSave, onClose }: Props) {
  const { t } = useLingui();
  const form = useForm({
    initialValues: draft,
    validate: {
      title: (value) => (value.trim() ? null : t`Hãy nhập tên buổi.`),
      day: (value) => (isDay(value) ? null : t`Viết ngày theo dạng 28/11/2026.`),
      start: (value) => (isTime(value) ? null : t`Viết giờ theo dạng 08:30.`),
      end: (value) => (isTime(value) ? null : t`Viết giờ theo dạng 08:30.`),
      host_id: (value) => (value ? null : t`Hãy chọn người chủ trì.`),
    },
  });
  const submit = form.onSubmit((values) => {
    const input = sessionInput(values);
    if (input) onSave(input);
  });
  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        {Boolean(error) && <Failed error={error} />}
        <TextInput data-autofocus label={t`Tên buổi`} {...form.getInputProps("title")} />
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          <TextInput inputMode="numeric" label={t`Ngày (dd/mm/yyyy)`} {...form.getInputProps("day")} />
          <TextInput inputMode="numeric" label={t`Bắt đầu (giờ:phút)`} {...form.getInputProps("start")} />
          <TextInput inputMode="numeric" label={t`Kết thúc (giờ:phút)`} {...form.getInputProps("end")} />
        </SimpleGrid>
        <PersonSelect
          error={form.errors.host_id}
          known={host}
          label={t`Người chủ trì`}
          onChange={(id) => form.setFieldValue("host_id", id)}
          value={form.values.host_id}
        />
        <Switch label={t`Ghi hình buổi này`} {...form.getInputProps("is_recorded", { type: "checkbox" })} />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <NumberInput
            description={t`Để trống: từ đầu buổi`}
            label={t`Tính từ phút thứ`}
            min={0}
            {...form.getInputProps("required_from_minutes")}
          />
          <NumberInput
            description={t`Để trống: đến hết buổi`}
            label={t`Số phút được tính`}
            min={1}
            {...form.getInputProps("required_minutes")}
          />
        </SimpleGrid>
        <Group justify="flex-end">
          <Button onClick={onClose} variant="default">
            <Trans>Huỷ</Trans>
          </Button>
          <Button loading={isPending} type="submit">
            <Trans>Lưu buổi</Trans>
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
