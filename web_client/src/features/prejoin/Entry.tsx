/** What one is about to enter, and what to do while the door is closed. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Link } from "react-router";
import type { SessionView } from "@/lms/types";
import { formatClock, formatPeriod } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { Button } from "@/ui/kit";
import classes from "./Prejoin.module.css";

export function Summary({ session }: { session: SessionView }) {
  return (
    <div>
      <p className={classes.course}>{session.course.name}</p>
      <h1 className={classes.title}>{session.title}</h1>
      <ul className={classes.facts}>
        <li>
          <Icon name="clock" size={18} />
          {formatPeriod(session.starts_at, session.ends_at)}
        </li>
        <li>
          <Icon name="person" size={18} />
          <Trans>Chủ trì: {session.host.name}</Trans>
        </li>
        {session.state === "live" && (
          <li className={classes.live}>
            <span aria-hidden="true" className={classes.dot} />
            <Trans>Đang diễn ra</Trans>
          </li>
        )}
      </ul>
      {session.is_recorded && (
        <p className={classes.recorded} data-testid="prejoin-recording">
          <Icon name="record" size={18} />
          <span>
            <Trans>Buổi này được ghi hình để người vắng xem lại. Tiếng, hình và trò chuyện của bạn có trong bản ghi.</Trans>
          </span>
        </p>
      )}
    </div>
  );
}

interface ClosedProps {
  entry: "early" | "ended";
  session: SessionView;
  now: number;
}

const COUNTDOWN_FROM_S = 3600;

export function Closed({ entry, session, now }: ClosedProps) {
  const { t } = useLingui();
  const seconds = Math.max(0, (Date.parse(session.starts_at) - now) / 1000);
  const clock = formatClock(seconds);
  const hasReplay = session.replay === "ready" || session.replay === "live" || session.replay === "preparing";
  return (
    <div className={classes.closed} data-testid={`entry-${entry}`}>
      <Summary session={{ ...session, is_recorded: session.is_recorded && entry === "early" }} />
      {entry === "early" ? (
        <p className={classes.closedText} role="status">
          {seconds < COUNTDOWN_FROM_S ? t`Bắt đầu sau ${clock}.` : <Days seconds={seconds} />}{" "}
          <Trans>Cửa mở trước giờ học 10 phút; trang này tự mở khi vào được.</Trans>
        </p>
      ) : (
        <>
          <p className={classes.closedText}>
            <Trans>Buổi học đã kết thúc.</Trans>
          </p>
          {hasReplay && (
            <Button component={Link} data-testid="to-replay" size="md" to={`/sessions/${session.id}/replay`}>
              <Trans>Xem lại</Trans>
            </Button>
          )}
        </>
      )}
    </div>
  );
}

function Days({ seconds }: { seconds: number }) {
  const hours = Math.floor(seconds / 3600);
  const days = Math.floor(hours / 24);
  if (days > 0) return <Plural other="Còn # ngày nữa mới đến giờ." value={days} />;
  return <Plural other="Còn # giờ nữa mới đến giờ." value={hours} />;
}
