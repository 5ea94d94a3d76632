/** What waits today: sessions that run or come, replays with something missed, and one's courses. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "react-router";
import { currentLocale } from "@/i18n/i18n";
import { useToday } from "@/lms/courses";
import { asApiError } from "@/lms/errors";
import type { SessionCard } from "@/lms/types";
import { CourseTile } from "@/ui/CourseTile";
import { formatDay, formatWeekday } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { Button } from "@/ui/kit";
import { PageTitle } from "@/ui/Page";
import { SessionRows } from "@/ui/SessionRow";
import { groupSessions } from "@/ui/session.model";
import { EmptyState, ErrorState, Loading } from "@/ui/states";
import classes from "./TodayPage.module.css";

export function TodayPage({ name, mayAdminister }: { name: string; mayAdminister: boolean }) {
  const { t } = useLingui();
  const now = new Date().toISOString();
  const weekday = formatWeekday(now, currentLocale());
  return (
    <>
      <PageTitle eyebrow={t`Xin chào, ${name}`} lead={`${weekday}, ${formatDay(now)}`} title={t`Hôm nay`} />
      <TodayContent mayAdminister={mayAdminister} />
    </>
  );
}

function TodayContent({ mayAdminister }: { mayAdminister: boolean }) {
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
        {sessions.length === 0 && <NothingYet mayAdminister={mayAdminister} />}
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

function NothingYet({ mayAdminister }: { mayAdminister: boolean }) {
  const { t } = useLingui();
  const toAdministration = (
    <Button component={Link} leftSection={<Icon name="settings" size={18} />} mt="sm" to="/admin" variant="default">
      <Trans>Tới phần quản trị</Trans>
    </Button>
  );
  return (
    <EmptyState action={mayAdminister && toAdministration} icon="calendar" title={t`Chưa có buổi học hay cuộc họp nào`}>
      {mayAdminister ? (
        <Trans>Trong phần quản trị, hãy tạo khoá học, xếp lịch các buổi và ghi danh học viên.</Trans>
      ) : (
        <Trans>Khi bạn được ghi danh vào một khoá học, các buổi của khoá sẽ hiện ở đây.</Trans>
      )}
    </EmptyState>
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
