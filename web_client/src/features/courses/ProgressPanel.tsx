/** The asker's own completion of a course, with the rule in plain words and each session's part in it. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "react-router";
import { currentLocale } from "@/i18n/i18n";
import { useMyCompletion } from "@/lms/courses";
import type { CompletionView, CourseView } from "@/lms/types";
import { Fetched } from "@/ui/Fetched";
import { formatPercent } from "@/ui/format";
import { Meter } from "@/ui/Meter";
import { Panel } from "@/ui/Page";
import { Tag } from "@/ui/Tag";
import classes from "./ProgressPanel.module.css";

export function ProgressPanel({ course }: { course: CourseView }) {
  const { t } = useLingui();
  const completion = useMyCompletion(course.id, course.is_enrolled);
  const rule = currentLocale() === "en" ? course.rule.text_en : course.rule.text_vi;
  return (
    <Panel title={course.is_enrolled ? t`Tiến độ của tôi` : t`Điều kiện hoàn thành`}>
      <p className={classes.rule}>
        {course.is_enrolled && (
          <strong>
            <Trans>Điều kiện hoàn thành:</Trans>{" "}
          </strong>
        )}
        {rule}
      </p>
      {course.is_enrolled && (
        <Fetched lines={2} query={completion}>
          {(mine) => <Progress goal={course.rule.coverage_percent} mine={mine} />}
        </Fetched>
      )}
    </Panel>
  );
}

function Progress({ mine, goal }: { mine: CompletionView; goal: number }) {
  const { t } = useLingui();
  const explanation = currentLocale() === "en" ? mine.explanation_en : mine.explanation_vi;
  return (
    <>
      <div className={classes.summary}>
        <Meter goal={goal} isLarge label={t`Đã tham dự cả khoá`} percent={mine.coverage_percent} />
        <Tag tone={mine.is_complete ? "good" : "warn"}>
          {mine.is_complete ? <Trans>Đã hoàn thành</Trans> : <Trans>Chưa hoàn thành</Trans>}
        </Tag>
      </div>
      <p className={classes.explanation}>{explanation}</p>
      {mine.sessions.length > 0 && (
        <ul className={classes.sessions}>
          {mine.sessions.map((session) => (
            <li className={classes.session} key={session.session_id}>
              <Link to={`/sessions/${session.session_id}`}>{session.title}</Link>
              <Meter label={t`Đã tham dự ${session.title}`} percent={session.coverage_percent} />
              <span className={classes.parts}>
                <Trans>
                  trực tiếp {formatPercent(session.live_percent)}, xem lại {formatPercent(session.replay_percent)}
                </Trans>
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
