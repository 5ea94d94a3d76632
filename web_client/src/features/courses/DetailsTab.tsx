/** A course's own data, and its completion rule with its version. */
import { Trans, useLingui } from "@lingui/react/macro";
import { currentLocale } from "@/i18n/i18n";
import { useChangeCourse, useChangeRule } from "@/lms/courses";
import { useUnits } from "@/lms/organisation";
import type { CourseView } from "@/lms/types";
import { Failed } from "@/ui/Fetched";
import { formatDay } from "@/ui/format";
import { Button, NumberInput, Stack, Textarea, TextInput, useForm } from "@/ui/kit";
import { Panel } from "@/ui/Page";
import { Tag } from "@/ui/Tag";
import { UnitSelect } from "@/ui/UnitSelect";

export function DetailsTab({ course }: { course: CourseView }) {
  return (
    <>
      <Details course={course} />
      <Rule course={course} />
    </>
  );
}

function Details({ course }: { course: CourseView }) {
  const { t } = useLingui();
  const change = useChangeCourse(course.id);
  const units = (useUnits().data ?? []).filter((unit) => unit.may_administer || unit.id === course.unit.id);
  const form = useForm({
    initialValues: { title: course.title, description: course.description, unit_id: course.unit.id },
    validate: { title: (value) => (value.trim() ? null : t`Hãy nhập tên khoá học.`) },
  });
  return (
    <Panel title={t`Thông tin`}>
      <form noValidate onSubmit={form.onSubmit((values) => change.mutate(values))}>
        <Stack maw={620}>
          {change.isError && <Failed error={change.error} />}
          <TextInput label={t`Tên khoá học`} {...form.getInputProps("title")} />
          <UnitSelect allowDeselect={false} label={t`Đơn vị tổ chức`} units={units} {...form.getInputProps("unit_id")} />
          <Textarea autosize label={t`Mô tả (không bắt buộc)`} minRows={3} {...form.getInputProps("description")} />
          <div>
            <Button loading={change.isPending} type="submit">
              <Trans>Lưu thông tin</Trans>
            </Button>{" "}
            <Saved isShown={change.isSuccess} />
          </div>
        </Stack>
      </form>
    </Panel>
  );
}

function Rule({ course }: { course: CourseView }) {
  const { t } = useLingui();
  const change = useChangeRule(course.id);
  const form = useForm({
    initialValues: { percent: course.rule.coverage_percent as number | string },
    validate: { percent: (value) => (typeof value === "number" ? null : t`Hãy nhập một số từ 1 đến 100.`) },
  });
  const { rule } = course;
  return (
    <Panel title={t`Điều kiện hoàn thành`}>
      <p style={{ marginTop: 0 }}>
        {currentLocale() === "en" ? rule.text_en : rule.text_vi}{" "}
        <Tag>
          <Trans>
            phiên bản {rule.version}, từ {formatDay(rule.created_at)}
          </Trans>
        </Tag>
      </p>
      <form noValidate onSubmit={form.onSubmit(({ percent }) => change.mutate(Number(percent)))}>
        <Stack maw={340}>
          {change.isError && <Failed error={change.error} />}
          <NumberInput
            allowDecimal={false}
            description={t`Thay đổi tạo một phiên bản mới; phiên bản cũ vẫn được giữ.`}
            label={t`Độ phủ cần đạt để hoàn thành (%)`}
            max={100}
            min={1}
            {...form.getInputProps("percent")}
          />
          <div>
            <Button loading={change.isPending} type="submit">
              <Trans>Đổi điều kiện</Trans>
            </Button>{" "}
            <Saved isShown={change.isSuccess} />
          </div>
        </Stack>
      </form>
    </Panel>
  );
}

function Saved({ isShown }: { isShown: boolean }) {
  return (
    <span aria-live="polite">
      {isShown && (
        <Tag tone="good">
          <Trans>Đã lưu</Trans>
        </Tag>
      )}
    </span>
  );
}
