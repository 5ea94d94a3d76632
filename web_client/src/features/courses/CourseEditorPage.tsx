/** Everything about one course for who manages it: its sessions, enrolment, completion, and its own data with the rule. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useSearchParams } from "react-router";
import { useCourse } from "@/lms/courses";
import type { CourseView } from "@/lms/types";
import { Fetched } from "@/ui/Fetched";
import { Icon } from "@/ui/Icon";
import { Button, Tabs } from "@/ui/kit";
import { PageTitle, Panel } from "@/ui/Page";
import { CompletionTab } from "./CompletionTab";
import { DetailsTab } from "./DetailsTab";
import { EnrolmentTab } from "./EnrolmentTab";
import { ScheduleTab } from "./ScheduleTab";

const TABS = ["sessions", "enrolment", "completion", "details"] as const;

export function CourseEditorPage({ courseId }: { courseId: string }) {
  return <Fetched query={useCourse(courseId)}>{(course) => <Editor course={course} />}</Fetched>;
}

function Editor({ course }: { course: CourseView }) {
  const { t } = useLingui();
  const [params, setParams] = useSearchParams();
  const tab = TABS.find((name) => name === params.get("tab")) ?? "sessions";
  const names = {
    sessions: t`Lịch các buổi`,
    enrolment: t`Ghi danh`,
    completion: t`Hoàn thành`,
    details: t`Thông tin và điều kiện`,
  };
  return (
    <>
      <PageTitle
        actions={
          <Button component={Link} leftSection={<Icon name="person" />} to={`/courses/${course.id}`} variant="default">
            <Trans>Xem như học viên</Trans>
          </Button>
        }
        eyebrow={<Link to="/admin/courses">{t`Khoá học`}</Link>}
        lead={course.unit.name}
        title={course.title}
      />
      <Tabs keepMounted={false} onChange={(value) => setParams({ tab: value ?? "sessions" }, { replace: true })} value={tab}>
        <Tabs.List mb="md">
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {names[name]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="sessions">
          <ScheduleTab course={course} />
        </Tabs.Panel>
        <Tabs.Panel value="enrolment">
          <EnrolmentTab course={course} />
        </Tabs.Panel>
        <Tabs.Panel value="completion">
          <Panel>
            <CompletionTab course={course} />
          </Panel>
        </Tabs.Panel>
        <Tabs.Panel value="details">
          <DetailsTab course={course} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
