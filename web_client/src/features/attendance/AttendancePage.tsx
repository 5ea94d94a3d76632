/** Who attended a session, live and by replay, each on the same clock; follows a live session by itself. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "react-router";
import { attendanceCsvUrl, useAttendance, useSession } from "@/lms/sessions";
import type { AttendanceRow, AttendanceTable } from "@/lms/types";
import { CoverageBar } from "@/ui/CoverageBar";
import { type Column, DataTable } from "@/ui/DataTable";
import { Fetched } from "@/ui/Fetched";
import { formatClock, formatPercent, formatTimeWithSeconds } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { Button } from "@/ui/kit";
import { PageTitle, Panel } from "@/ui/Page";
import { EmptyState } from "@/ui/states";
import classes from "./AttendancePage.module.css";
import { attendanceTotals, byGivenName } from "./attendance.model";
import { PresenceTag } from "./PresenceTag";

export function AttendancePage({ sessionId }: { sessionId: string }) {
  const { t } = useLingui();
  const session = useSession(sessionId);
  return (
    <>
      <PageTitle
        actions={
          <Button
            component="a"
            download
            href={attendanceCsvUrl(sessionId)}
            leftSection={<Icon name="download" />}
            variant="default"
          >
            <Trans>Tải bảng CSV</Trans>
          </Button>
        }
        eyebrow={session.data && <Link to={`/sessions/${sessionId}`}>{session.data.title}</Link>}
        title={t`Điểm danh`}
      />
      <Panel>
        <Fetched lines={6} query={useAttendance(sessionId)}>
          {(table) => <Attendance table={table} />}
        </Fetched>
      </Panel>
    </>
  );
}

function Attendance({ table }: { table: AttendanceTable }) {
  const { t } = useLingui();
  if (table.rows.length === 0) return <EmptyState icon="people" title={t`Chưa ai được ghi danh vào khoá học này`} />;
  return (
    <>
      <Totals table={table} />
      <Rows table={table} />
    </>
  );
}

function Totals({ table }: { table: AttendanceTable }) {
  const totals = attendanceTotals(table.rows);
  return (
    <dl className={classes.totals}>
      <div>
        <dt>
          <Trans>Thời lượng</Trans>
        </dt>
        <dd>{formatClock(table.duration_s)}</dd>
      </div>
      <div>
        <dt>
          <Trans>Được ghi danh</Trans>
        </dt>
        <dd>{totals.enrolled}</dd>
      </div>
      <div>
        <dt>
          <Trans>Có dự trực tiếp</Trans>
        </dt>
        <dd>{totals.present}</dd>
      </div>
      <div>
        <dt>
          <Trans>Vắng trực tiếp</Trans>
        </dt>
        <dd>{totals.absent}</dd>
      </div>
      <div>
        <dt>
          <Trans>Đã xem lại</Trans>
        </dt>
        <dd>{totals.watchedLater}</dd>
      </div>
    </dl>
  );
}

function Rows({ table }: { table: AttendanceTable }) {
  const { t } = useLingui();
  const columns: Column<AttendanceRow>[] = [
    { key: "name", title: t`Họ và tên`, isHeader: true, width: "22%", cell: (row) => <Person row={row} /> },
    { key: "state", title: t`Trạng thái`, cell: (row) => <PresenceTag row={row} /> },
    { key: "times", title: t`Vào – ra`, cell: times },
    {
      key: "bar",
      title: t`Trực tiếp và xem lại`,
      width: "34%",
      cell: (row) => (
        <CoverageBar durationS={table.duration_s} isCompact live={row.live} missing={row.missing} replay={row.replay} />
      ),
    },
    { key: "percent", title: t`Độ phủ`, isNumber: true, cell: (row) => <strong>{formatPercent(row.coverage_percent)}</strong> },
  ];
  return (
    <DataTable
      caption={t`Điểm danh từng người`}
      columns={columns}
      rowKey={(row) => row.person.id}
      rows={[...table.rows].sort(byGivenName)}
    />
  );
}

function Person({ row }: { row: AttendanceRow }) {
  return (
    <>
      {row.person.name}
      <div className={classes.unit}>
        {row.person.unit_name}
        {!row.is_enrolled && (
          <>
            {" · "}
            <Trans>không ghi danh</Trans>
          </>
        )}
      </div>
    </>
  );
}

function times(row: AttendanceRow) {
  if (row.joined_at === null) return "—";
  return `${formatTimeWithSeconds(row.joined_at)} – ${row.left_at && !row.is_connected ? formatTimeWithSeconds(row.left_at) : "…"}`;
}
