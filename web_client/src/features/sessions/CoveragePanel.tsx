/** What was proven of one's own attendance, on the session clock. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useCoverage } from "@/lms/sessions";
import type { CoverageView, SessionView } from "@/lms/types";
import { CoverageBar } from "@/ui/CoverageBar";
import { Fetched } from "@/ui/Fetched";
import { formatClock } from "@/ui/format";
import { Meter } from "@/ui/Meter";
import { Panel } from "@/ui/Page";
import classes from "./CoveragePanel.module.css";

export function CoveragePanel({ session }: { session: SessionView }) {
  const { t } = useLingui();
  const isMoving = session.state === "live" || session.replay === "preparing" || session.replay === "live";
  const coverage = useCoverage(session.id, isMoving);
  return (
    <Panel title={t`Tham dự của tôi`}>
      <Fetched lines={2} query={coverage}>
        {(mine) => <Coverage coverage={mine} />}
      </Fetched>
    </Panel>
  );
}

function Coverage({ coverage }: { coverage: CoverageView }) {
  const { t } = useLingui();
  if (coverage.duration_s <= 0) {
    return (
      <p className={classes.quiet}>
        <Trans>Chưa có gì để tính.</Trans>
      </p>
    );
  }
  return (
    <>
      <Meter isLarge label={t`Đã tham dự`} percent={coverage.coverage_percent} />
      <div className={classes.bar}>
        <CoverageBar
          durationS={coverage.duration_s}
          hasLegend
          live={coverage.live}
          missing={coverage.missing}
          percent={coverage.coverage_percent}
          replay={coverage.replay}
        />
        <div aria-hidden="true" className={classes.ends}>
          <span>0:00</span>
          <span>{formatClock(coverage.duration_s)}</span>
        </div>
      </div>
      {coverage.missing.length > 0 ? (
        <p className={classes.quiet}>
          <Trans>Còn thiếu:</Trans> {coverage.missing.map(([from, to]) => `${formatClock(from)}–${formatClock(to)}`).join(", ")}
        </p>
      ) : (
        <p className={classes.quiet}>
          <Trans>Bạn đã dự đủ phần được tính.</Trans>
        </p>
      )}
    </>
  );
}
