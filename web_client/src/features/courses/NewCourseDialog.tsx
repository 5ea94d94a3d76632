/** Makes a course with its first rule. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useNavigate } from "react-router";
import { useCreateCourse } from "@/lms/courses";
import { useUnits } from "@/lms/organisation";
import { Dialog } from "@/ui/Dialog";
import { Failed } from "@/ui/Fetched";
import { Button, Group, NumberInput, Stack, Textarea, TextInput, useForm } from "@/ui/kit";
import { UnitSelect } from "@/ui/UnitSelect";

const USUAL_PERCENT = 80;

export function NewCourseDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const create = useCreateCourse();
  const units = (useUnits().data ?? []).filter((unit) => unit.may_administer);
  const form = useForm({
    initialValues: {
      title: "",
      description: "",
      unit_id: null as string | null,
      coverage_percent: USUAL_PERCENT as number | string,
    },
    validate: {
      title: (value) => (value.trim() ? null : t`Hãy nhập tên khoá học.`),
      unit_id: (value) => (value ? null : t`Hãy chọn đơn vị.`),
      coverage_percent: (value) => (typeof value === "number" ? null : t`Hãy nhập một số từ 1 đến 100.`),
    },
  });
  const submit = form.onSubmit((values) =>
    create.mutate(
      { ...values, title: values.title.trim(), unit_id: values.unit_id ?? "", coverage_percent: Number(values.coverage_percent) },
      { onSuccess: (course) => navigate(`/admin/courses/${course.id}`) },
    ),
  );
  return (
    <Dialog isOpen onClose={onClose} title={t`Tạo khoá học`}>
      <form noValidate onSubmit={submit}>
        <Stack>
          {create.isError && <Failed error={create.error} />}
          <TextInput data-autofocus label={t`Tên khoá học`} {...form.getInputProps("title")} />
          <UnitSelect label={t`Đơn vị tổ chức`} units={units} {...form.getInputProps("unit_id")} />
          <Textarea autosize label={t`Mô tả (không bắt buộc)`} minRows={2} {...form.getInputProps("description")} />
          <NumberInput
            allowDecimal={false}
            label={t`Độ phủ cần đạt để hoàn thành (%)`}
            max={100}
            min={1}
            {...form.getInputProps("coverage_percent")}
          />
          <Group justify="flex-end">
            <Button onClick={onClose} variant="default">
              <Trans>Huỷ</Trans>
            </Button>
            <Button loading={create.isPending} type="submit">
              <Trans>Tạo khoá học</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
