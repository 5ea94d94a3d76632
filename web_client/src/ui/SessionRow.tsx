/** One session in a list: when, what, with whom, how it stands, and the one thing to do next. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "react-router";
import { formatClock, formatDay, formatPercent, formatTime, formatWeekday } from "./format";
import { Icon } from "./Icon";
import { Button } from "./kit";
import classes from "./SessionRow.module.css";
import { ReplayTag, StateTag } from "./SessionTags";
import { type SessionFacts, sessionAct } from "./session.model";
import { Tag } from "./Tag";

export interface ListedSession extends SessionFacts {
  id: string;
  title: string;
  course: { id: string; name: string };
  host: { name: string };
  starts_at: string;
  ends_at: string;
  coverage_percent: number | null;
}

export function SessionRow({ session, isWithinCourse = false }: { session: ListedSession; isWithinCourse?: boolean }) {
  const { i18n } = useLingui();
  const locale = i18n.locale === "en" ? "en" : "vi";
  return (
    <li className={session.state === "live" ? `${classes.row} ${classes.isLive}` : classes.row}>
      <div className={classes.when}>
        <span className={classes.weekday}>{formatWeekday(session.starts_at, locale)}</span>
        <span className={classes.day}>{formatDay(session.starts_at).slice(0, 5)}</span>
        <span className={classes.time}>{formatTime(session.starts_at)}</span>
      </div>
      <div className={classes.what}>
        <h3 className={classes.title}>
          <Link to={`/sessions/${session.id}`}>{session.title}</Link>
        </h3>
        <p className={classes.facts}>
          {!isWithinCourse && <span>{session.course.name}</span>}
          <span>
            {formatTime(session.starts_at)}–{formatTime(session.ends_at)}
          </span>
          <span>{session.host.name}</span>
        </p>
        <div className={classes.tags}>
          <StateTag state={session.state} />
          {session.state === "ended" && <ReplayTag replay={session.replay} />}
          {session.state !== "ended" && session.is_recorded && (
            <Tag>
              <Trans>Có ghi hình</Trans>
            </Tag>
          )}
          {session.state === "ended" && session.coverage_percent !== null && (
            <Tag tone={(session.missing_s ?? 0) < 1 ? "good" : "warn"}>
              <Trans>Đã dự {formatPercent(session.coverage_percent)}</Trans>
            </Tag>
          )}
        </div>
      </div>
      <RowAct session={session} />
    </li>
  );
}

function RowAct({ session }: { session: ListedSession }) {
  const act = sessionAct(session);
  if (act === "none") return null;
  const isJoin = act === "join";
  const address = { join: "room", watchMissed: "replay?missed=1", watch: "replay" }[act];
  return (
    <Button
      component={Link}
      leftSection={<Icon name={isJoin ? "camera" : "play"} />}
      to={`/sessions/${session.id}/${address}`}
      variant={{ join: "filled", watchMissed: "light", watch: "default" }[act]}
    >
      {act === "join" && <Trans>Vào</Trans>}
      {act === "watchMissed" && <Trans>Xem phần lỡ · {formatClock(session.missing_s ?? 0)}</Trans>}
      {act === "watch" && <Trans>Xem lại</Trans>}
      <span className="visually-hidden">: {session.title}</span>
    </Button>
  );
}

export function SessionRows({ sessions, isWithinCourse }: { sessions: readonly ListedSession[]; isWithinCourse?: boolean }) {
  return (
    <ul className={classes.rows}>
      {sessions.map((session) => (
        <SessionRow isWithinCourse={isWithinCourse} key={session.id} session={session} />
      ))}
    </ul>
  );
}
