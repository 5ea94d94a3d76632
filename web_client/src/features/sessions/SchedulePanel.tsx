/** When, with whom, recorded or not, and which part counts. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { currentLocale } from "@/i18n/i18n";
import type { SessionView } from "@/lms/types";
import { formatClock, formatPeriod, formatTimeWithSeconds, formatWeekday } from "@/ui/format";
import { Panel } from "@/ui/Page";
import classes from "./SchedulePanel.module.css";

export function SchedulePanel({ session }: { session: SessionView }) {
  const { t } = useLingui();
  const weekday = formatWeekday(session.starts_at, currentLocale());
  return (
    <Panel title={t`Lịch`}>
      <dl className={classes.facts}>
        <Fact name={<Trans>Thời gian</Trans>}>
          {weekday}, {formatPeriod(session.starts_at, session.ends_at)}
        </Fact>
        <Fact name={<Trans>Người chủ trì</Trans>}>
          {session.host.name} · {session.host.unit_name}
        </Fact>
        <Fact name={<Trans>Ghi hình</Trans>}>
          {session.is_recorded ? <Trans>Có: mọi người trong phòng đều được báo</Trans> : <Trans>Không ghi hình</Trans>}
        </Fact>
        <Fact name={<Trans>Phần được tính</Trans>}>
          <Required session={session} />
        </Fact>
        {session.zero_at && (
          <Fact name={<Trans>Thực tế</Trans>}>
            {session.ended_at ? (
              <Trans>
                mở lúc {formatTimeWithSeconds(session.zero_at)}, kéo dài {formatClock(session.duration_s)}
              </Trans>
            ) : (
              <Trans>mở lúc {formatTimeWithSeconds(session.zero_at)}</Trans>
            )}
          </Fact>
        )}
      </dl>
    </Panel>
  );
}

function Required({ session }: { session: SessionView }) {
  const { required_from_minutes: from, required_minutes: minutes } = session;
  if (minutes === null) return from > 0 ? <Trans>từ phút thứ {from} đến hết buổi</Trans> : <Trans>cả buổi</Trans>;
  const until = from + minutes;
  return (
    <Trans>
      từ phút {from} đến phút {until} của buổi
    </Trans>
  );
}

function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
