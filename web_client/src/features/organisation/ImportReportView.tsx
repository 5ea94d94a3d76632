/** What an import did or would do, and each broken row by number and column. */
import { Trans, useLingui } from "@lingui/react/macro";
import { currentLocale } from "@/i18n/i18n";
import type { ImportReport, RowError } from "@/lms/types";
import { DataTable } from "@/ui/DataTable";
import { Icon } from "@/ui/Icon";
import { Panel } from "@/ui/Page";
import { Tag } from "@/ui/Tag";
import classes from "./ImportPage.module.css";
import { errorsCsv } from "./import.model";

const SHOWN_ERRORS = 200;

export function ImportReportView({ report }: { report: ImportReport }) {
  const { t } = useLingui();
  const hasErrors = report.errors.length > 0;
  return (
    <Panel title={report.is_dry_run ? t`Kết quả kiểm tra thử` : t`Kết quả nhập`}>
      <p className={classes.verdict}>
        <Tag tone={hasErrors ? "bad" : "good"}>{hasErrors ? <Trans>Chưa nhập được</Trans> : <Trans>Hợp lệ</Trans>}</Tag>{" "}
        <Verdict report={report} />
      </p>
      <dl className={classes.counts}>
        <Count name={t`Số dòng`} value={report.rows} />
        <Count name={t`Thêm mới`} value={report.created} />
        <Count name={t`Cập nhật`} value={report.updated} />
        <Count name={t`Không đổi`} value={report.unchanged} />
        <Count name={t`Lỗi`} value={report.errors.length} />
      </dl>
      {hasErrors && <Errors errors={report.errors} />}
    </Panel>
  );
}

function Verdict({ report }: { report: ImportReport }) {
  if (report.errors.length > 0) return <Trans>Sửa các dòng dưới đây rồi kiểm tra lại. Chưa có gì bị thay đổi.</Trans>;
  if (report.is_dry_run) return <Trans>Tệp không có lỗi. Bấm “Nhập thật” để ghi vào hệ thống.</Trans>;
  return <Trans>Đã ghi vào hệ thống.</Trans>;
}

function Count({ name, value }: { name: string; value: number }) {
  return (
    <div className={classes.count}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Errors({ errors }: { errors: RowError[] }) {
  const { t } = useLingui();
  const locale = currentLocale();
  const href = `data:text/csv;charset=utf-8,${encodeURIComponent(errorsCsv(errors, locale))}`;
  return (
    <>
      <DataTable
        caption={t`Các dòng có lỗi`}
        columns={[
          { key: "row", title: t`Dòng`, isHeader: true, width: "70px", cell: ({ row }) => row },
          { key: "column", title: t`Cột`, cell: ({ column }) => column || "—" },
          { key: "message", title: t`Lỗi`, cell: (error) => (locale === "en" ? error.message_en : error.message_vi) },
        ]}
        rowKey={({ row, column, code }) => `${row}/${column}/${code}`}
        rows={errors.slice(0, SHOWN_ERRORS)}
      />
      <p>
        {errors.length > SHOWN_ERRORS && (
          <>
            <Trans>Chỉ hiện {SHOWN_ERRORS} lỗi đầu.</Trans>{" "}
          </>
        )}
        <a download="errors.csv" href={href}>
          <Icon name="download" size={16} /> <Trans>Tải danh sách lỗi</Trans>
        </a>
      </p>
    </>
  );
}
