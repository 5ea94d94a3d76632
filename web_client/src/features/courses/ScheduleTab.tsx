/** The sessions of a course, scheduled and changed here. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Link } from "react-router";
import { useCourseSessions } from "@/lms/sessions";
import type { CourseView, SessionCard } from "@/lms/types";
import { DataTable } from "@/ui/DataTable";
import { Fetched } from "@/ui/Fetched";
import { formatPeriod } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { ActionIcon, Button } from "@/ui/kit";
import { Panel } from "@/ui/Page";
import { ReplayTag, StateTag } from "@/ui/SessionTags";
import { EmptyState } from "@/ui/states";
import { SessionDialog } from "./SessionDialog";

export function ScheduleTab({ course }: { course: CourseView }) {
  const { t } = useLingui();
  const [edited, setEdited] = useState<SessionCard | "new" | null>(null);
  const add = (
    <Button leftSection={<Icon name="plus" />} onClick={() => setEdited("new")}>
      <Trans>Xếp lịch buổi mới</Trans>
    </Button>
  );
  return (
    <Panel aside={add} title={t`Lịch các buổi`}>
      <Fetched query={useCourseSessions(course.id)}>
        {(sessions) =>
          sessions.length === 0 ? (
            <EmptyState icon="calendar" title={t`Chưa có buổi nào`} />
          ) : (
            <Sessions onEdit={setEdited} sessions={sessions} />
          )
        }
      </Fetched>
      {edited && (
        <SessionDialog courseId={course.id} onClose={() => setEdited(null)} sessionId={edited === "new" ? null : edited.id} />
      )}
    </Panel>
  );
}

function Sessions({ sessions, onEdit }: { sessions: SessionCard[]; onEdit: (session: SessionCard) => void }) {
  const { t } = useLingui();
  return (
    <DataTable
      caption={t`Lịch các buổi`}
      columns={[
        {
          key: "title",
          title: t`Buổi`,
          isHeader: true,
          cell: (session) => <Link to={`/sessions/${session.id}`}>{session.title}</Link>,
        },
        { key: "when", title: t`Thời gian`, cell: (session) => formatPeriod(session.starts_at, session.ends_at) },
        { key: "host", title: t`Chủ trì`, cell: (session) => session.host.name },
        {
          key: "state",
          title: t`Trạng thái`,
          cell: (session) => (session.replay === "ready" ? <ReplayTag replay="ready" /> : <StateTag state={session.state} />),
        },
        { key: "act", title: t`Thao tác`, width: "110px", cell: (session) => <SessionActs onEdit={onEdit} session={session} /> },
      ]}
      rowKey={(session) => session.id}
      rows={sessions}
    />
  );
}

function SessionActs({ session, onEdit }: { session: SessionCard; onEdit: (session: SessionCard) => void }) {
  const { t } = useLingui();
  return (
    <span style={{ display: "inline-flex", gap: 4 }}>
      {session.state === "scheduled" ? (
        <ActionIcon aria-label={t`Sửa ${session.title}`} onClick={() => onEdit(session)} size={36} variant="subtle">
          <Icon name="edit" size={18} />
        </ActionIcon>
      ) : (
        <ActionIcon
          aria-label={t`Điểm danh ${session.title}`}
          component={Link}
          size={36}
          to={`/sessions/${session.id}/attendance`}
          variant="subtle"
        >
          <Icon name="people" size={18} />
        </ActionIcon>
      )}
    </span>
  );
}
