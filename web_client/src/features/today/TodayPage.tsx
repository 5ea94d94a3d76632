/** What waits today: sessions that run or come, replays with something missed, and one's courses. */
import { Trans, useLingui } from "@lingui/react/macro";
import { currentLocale } from "@/i18n/i18n";
import { useToday } from "@/lms/courses";
import { asApiError } from "@/lms/errors";
import type { SessionCard } from "@/lms/types";
import { CourseTile } from "@/ui/CourseTile";
import { formatDay, formatWeekday } from "@/ui/format";
import { PageTitle } from "@/ui/Page";
import { SessionRows } from "@/ui/SessionRow";
import { groupSessions } from "@/ui/session.model";
import { EmptyState, ErrorState, Loading } from "@/ui/states";
import classes from "./TodayPage.module.css";

export function TodayPage({ name }: { name: string }) {
  const { t } = useLingui();
  const now = new Date().toISOString();
  const weekday = formatWeekday(now, currentLocale());
  return (
    <>
      <PageTitle eyebrow={t`Xin chào, ${name}`} lead={`${weekday}, ${formatDay(now)}`} title={t`Hôm nay`} />
      <TodayContent />
    </>
  );
}

function TodayContent() {
  const { t } = useLingui();
  const today = useToday();
  if (today.isPending) return <Loading lines={6} />;
  if (today.isError) {
    const error = asApiError(today.error);
    return <ErrorState code={error.code} message={error.in(currentLocale())} onRetry={() => today.refetch()} />;
  }
  const { sessions, courses } = today.data;
  const groups = groupSessions(sessions);
  return (
    <div className={classes.columns}>
      <div>
        {sessions.length === 0 && (
          <EmptyState icon="calendar" title={t`Chưa có buổi học hay cuộc họp nào`}>
            <Trans>Khi bạn được ghi danh vào một khoá học, các buổi của khoá sẽ hiện ở đây.</Trans>
          </EmptyState>
        )}
        <Group sessions={groups.live} title={t`Đang diễn ra`} />
        <Group sessions={groups.coming} title={t`Sắp tới`} />
        <Group sessions={groups.over} title={t`Đã kết thúc`} />
      </div>
      <section aria-labelledby="my-courses">
        <h2 className={classes.groupTitle} id="my-courses">
          <Trans>Khoá học của tôi</Trans>
        </h2>
        {courses.length === 0 ? (
          <EmptyState icon="book" title={t`Bạn chưa có khoá học nào`} />
        ) : (
          <ul className={classes.courses}>
            {courses.map((course) => (
              <CourseTile course={course} key={course.id} />
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}

function Group({ title, sessions }: { title: string; sessions: SessionCard[] }) {
  if (sessions.length === 0) return null;
  return (
    <section aria-label={title} className={classes.group}>
      <h2 className={classes.groupTitle}>{title}</h2>
      <SessionRows sessions={sessions} />
    </section>
  );
}
