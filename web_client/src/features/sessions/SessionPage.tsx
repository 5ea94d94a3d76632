/** One session: when and with whom, the way in, its replay, and what was proven of one's attendance. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "react-router";
import { useSession } from "@/lms/sessions";
import type { SessionView } from "@/lms/types";
import { Fetched } from "@/ui/Fetched";
import { Icon } from "@/ui/Icon";
import { Button } from "@/ui/kit";
import { PageTitle } from "@/ui/Page";
import { StateTag } from "@/ui/SessionTags";
import { BroadcastButton } from "./BroadcastButton";
import { CoveragePanel } from "./CoveragePanel";
import { EndButton } from "./EndButton";
import { ReplayPanel } from "./ReplayPanel";
import { SchedulePanel } from "./SchedulePanel";

export function SessionPage({ sessionId }: { sessionId: string }) {
  return <Fetched query={useSession(sessionId)}>{(session) => <Session session={session} />}</Fetched>;
}

function Session({ session }: { session: SessionView }) {
  return (
    <>
      <PageTitle
        actions={<Actions session={session} />}
        eyebrow={<Link to={`/courses/${session.course.id}`}>{session.course.name}</Link>}
        lead={<StateTag state={session.state} />}
        title={session.title}
      />
      <SchedulePanel session={session} />
      {session.is_recorded && session.state !== "scheduled" && <ReplayPanel session={session} />}
      {session.is_enrolled && session.state !== "scheduled" && <CoveragePanel session={session} />}
    </>
  );
}

function Actions({ session }: { session: SessionView }) {
  const { t } = useLingui();
  return (
    <>
      {session.may_join && (
        <Button component={Link} leftSection={<Icon name="camera" />} size="md" to={`/sessions/${session.id}/room`}>
          {session.state === "live" ? t`Vào lớp` : t`Mở phòng`}
        </Button>
      )}
      {session.may_end && <BroadcastButton session={session} />}
      {session.may_see_attendance && session.state !== "scheduled" && (
        <Button
          component={Link}
          leftSection={<Icon name="people" />}
          size="md"
          to={`/sessions/${session.id}/attendance`}
          variant="default"
        >
          <Trans>Điểm danh</Trans>
        </Button>
      )}
      {session.may_end && session.state === "live" && <EndButton session={session} />}
    </>
  );
}
