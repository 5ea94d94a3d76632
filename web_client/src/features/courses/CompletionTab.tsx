/** Who has completed and who has not, with the reason in words. */
import { useLingui } from "@lingui/react/macro";
import { currentLocale } from "@/i18n/i18n";
import { useCompletion } from "@/lms/courses";
import type { CompletionView, CourseView } from "@/lms/types";
import { type Column, DataTable } from "@/ui/DataTable";
import { Fetched } from "@/ui/Fetched";
import { formatPercent } from "@/ui/format";
import { Meter } from "@/ui/Meter";
import { EmptyState } from "@/ui/states";
import { Tag } from "@/ui/Tag";

export function CompletionTab({ course }: { course: CourseView }) {
  const { t } = useLingui();
  const locale = currentLocale();
  const columns = (goal: number): Column<CompletionView>[] => [
    { key: "name", title: t`Họ và tên`, isHeader: true, width: "20%", cell: ({ person }) => person.name },
    {
      key: "state",
      title: t`Kết quả`,
      cell: ({ is_complete }) => (
        <Tag tone={is_complete ? "good" : "warn"}>{is_complete ? t`Đã hoàn thành` : t`Chưa hoàn thành`}</Tag>
      ),
    },
    { key: "coverage", title: t`Độ phủ`, cell: (row) => <Meter goal={goal} label={t`Độ phủ`} percent={row.coverage_percent} /> },
    {
      key: "parts",
      title: t`Trực tiếp + xem lại`,
      cell: (row) => `${formatPercent(row.live_percent)} + ${formatPercent(row.replay_percent)}`,
    },
    { key: "why", title: t`Vì sao`, width: "30%", cell: (row) => (locale === "en" ? row.explanation_en : row.explanation_vi) },
  ];
  return (
    <Fetched query={useCompletion(course.id)}>
      {({ rows, rule }) =>
        rows.length === 0 ? (
          <EmptyState icon="people" title={t`Chưa có ai được ghi danh`} />
        ) : (
          <>
            <p style={{ marginTop: 0 }}>{locale === "en" ? rule.text_en : rule.text_vi}</p>
            <DataTable
              caption={t`Kết quả từng người`}
              columns={columns(rule.coverage_percent)}
              rowKey={({ person }) => person.id}
              rows={rows}
            />
          </>
        )
      }
    </Fetched>
  );
}
