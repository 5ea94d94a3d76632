/** A course in a list: how far it has come and how far one is in it. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "react-router";
import classes from "./CourseTile.module.css";
import { formatDay, formatTime } from "./format";
import { Meter } from "./Meter";
import { Tag } from "./Tag";

interface ListedCourse {
  id: string;
  title: string;
  unit: { name: string };
  session_count: number;
  ended_session_count: number;
  next_session_at: string | null;
  coverage_percent: number | null;
  is_complete: boolean | null;
}

export function CourseTile({ course }: { course: ListedCourse }) {
  const { t } = useLingui();
  const { session_count: count, ended_session_count: ended, next_session_at: next } = course;
  return (
    <li className={classes.tile}>
      <h3 className={classes.title}>
        <Link className={classes.link} to={`/courses/${course.id}`}>
          {course.title}
        </Link>
      </h3>
      <p className={classes.facts}>
        {course.unit.name}
        <br />
        <Trans>
          Đã xong {ended}/{count} buổi
        </Trans>
        {next && (
          <>
            <br />
            <Trans>
              Buổi tới: {formatTime(next)}, {formatDay(next)}
            </Trans>
          </>
        )}
      </p>
      {course.coverage_percent !== null && <Meter label={t`Đã tham dự`} percent={course.coverage_percent} />}
      {course.is_complete !== null && (
        <Tag tone={course.is_complete ? "good" : "warn"}>
          {course.is_complete ? <Trans>Đã hoàn thành</Trans> : <Trans>Chưa hoàn thành</Trans>}
        </Tag>
      )}
    </li>
  );
}
