/** One course as its trainee sees it: how far one is, by which rule, and its sessions. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "react-router";
import { useCourse } from "@/lms/courses";
import { useCourseSessions } from "@/lms/sessions";
import type { CourseView } from "@/lms/types";
import { Fetched } from "@/ui/Fetched";
import { Icon } from "@/ui/Icon";
import { Button } from "@/ui/kit";
import { PageTitle, Panel } from "@/ui/Page";
import { SessionRows } from "@/ui/SessionRow";
import { groupSessions } from "@/ui/session.model";
import { EmptyState } from "@/ui/states";
import { ProgressPanel } from "./ProgressPanel";

export function CoursePage({ courseId }: { courseId: string }) {
  return <Fetched query={useCourse(courseId)}>{(course) => <Course course={course} />}</Fetched>;
}

function Course({ course }: { course: CourseView }) {
  const { t } = useLingui();
  return (
    <>
      <PageTitle
        actions={
          course.may_manage && (
            <Button component={Link} leftSection={<Icon name="settings" />} to={`/admin/courses/${course.id}`} variant="default">
              <Trans>Quản lý khoá học</Trans>
            </Button>
          )
        }
        eyebrow={course.unit.name}
        lead={course.description}
        title={course.title}
      />
      <ProgressPanel course={course} />
      <Panel title={t`Các buổi`}>
        <Sessions courseId={course.id} />
      </Panel>
    </>
  );
}

function Sessions({ courseId }: { courseId: string }) {
  const { t } = useLingui();
  const sessions = useCourseSessions(courseId);
  return (
    <Fetched query={sessions}>
      {(items) => {
        if (items.length === 0) return <EmptyState icon="calendar" title={t`Khoá học chưa có buổi nào được xếp lịch`} />;
        const { live, coming, over } = groupSessions(items);
        return <SessionRows isWithinCourse sessions={[...live, ...coming, ...over]} />;
      }}
    </Fetched>
  );
}
