/** Courses one manages, and the way to a new one. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "react-router";
import { useCourses } from "@/lms/courses";
import type { CourseCard } from "@/lms/types";
import { DataTable } from "@/ui/DataTable";
import { Fetched } from "@/ui/Fetched";
import { formatDay, formatTime } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { Button, useDisclosure } from "@/ui/kit";
import { PageTitle, Panel } from "@/ui/Page";
import { EmptyState } from "@/ui/states";
import { NewCourseDialog } from "./NewCourseDialog";

export function CourseListPage() {
  const { t } = useLingui();
  const [isOpen, dialog] = useDisclosure(false);
  const add = (
    <Button leftSection={<Icon name="plus" />} onClick={dialog.open}>
      <Trans>Tạo khoá học</Trans>
    </Button>
  );
  return (
    <>
      <PageTitle actions={add} lead={<Trans>Lịch, ghi danh và điều kiện hoàn thành của từng khoá.</Trans>} title={t`Khoá học`} />
      <Panel>
        <Fetched lines={6} query={useCourses()}>
          {(courses) => <Courses courses={courses.filter((course) => course.may_manage)} />}
        </Fetched>
      </Panel>
      {isOpen && <NewCourseDialog onClose={dialog.close} />}
    </>
  );
}

function Courses({ courses }: { courses: CourseCard[] }) {
  const { t } = useLingui();
  if (courses.length === 0) {
    return (
      <EmptyState icon="book" title={t`Chưa có khoá học nào`}>
        <Trans>Tạo khoá học đầu tiên rồi xếp lịch các buổi và ghi danh học viên.</Trans>
      </EmptyState>
    );
  }
  return (
    <DataTable
      caption={t`Khoá học`}
      columns={[
        {
          key: "title",
          title: t`Tên khoá học`,
          isHeader: true,
          cell: (course) => <Link to={`/admin/courses/${course.id}`}>{course.title}</Link>,
        },
        { key: "unit", title: t`Đơn vị tổ chức`, cell: (course) => course.unit.name },
        { key: "sessions", title: t`Số buổi`, cell: (course) => `${course.ended_session_count}/${course.session_count}` },
        { key: "people", title: t`Học viên`, isNumber: true, cell: (course) => course.person_count },
        {
          key: "next",
          title: t`Buổi tới`,
          cell: ({ next_session_at: next }) => (next ? `${formatTime(next)}, ${formatDay(next)}` : "—"),
        },
      ]}
      rowKey={(course) => course.id}
      rows={courses}
    />
  );
}
