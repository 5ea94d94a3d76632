/** Schedules a session or changes one that has not begun. */
import { useLingui } from "@lingui/react/macro";
import { useChangeSession, useScheduleSession, useSession } from "@/lms/sessions";
import type { SessionView } from "@/lms/types";
import { Dialog } from "@/ui/Dialog";
import { Fetched } from "@/ui/Fetched";
import { SessionForm } from "./SessionForm";
import { draftOf, emptyDraft } from "./schedule.model";

interface Props {
  courseId: string;
  sessionId: string | null;
  onClose: () => void;
}

export function SessionDialog({ courseId, sessionId, onClose }: Props) {
  const { t } = useLingui();
  return (
    <Dialog isOpen isWide onClose={onClose} title={sessionId === null ? t`Xếp lịch buổi mới` : t`Sửa buổi`}>
      {sessionId === null ? (
        <NewSession courseId={courseId} onClose={onClose} />
      ) : (
        <OldSession onClose={onClose} sessionId={sessionId} />
      )}
    </Dialog>
  );
}

function NewSession({ courseId, onClose }: { courseId: string; onClose: () => void }) {
  const schedule = useScheduleSession(courseId);
  return (
    <SessionForm
      draft={emptyDraft(Date.now())}
      error={schedule.error}
      isPending={schedule.isPending}
      onClose={onClose}
      onSave={(input) => schedule.mutate(input, { onSuccess: onClose })}
    />
  );
}

function OldSession({ sessionId, onClose }: { sessionId: string; onClose: () => void }) {
  return <Fetched query={useSession(sessionId)}>{(session) => <Change onClose={onClose} session={session} />}</Fetched>;
}

function Change({ session, onClose }: { session: SessionView; onClose: () => void }) {
  const change = useChangeSession(session.id);
  return (
    <SessionForm
      draft={draftOf(session)}
      error={change.error}
      host={session.host}
      isPending={change.isPending}
      onClose={onClose}
      onSave={(input) => change.mutate(input, { onSuccess: onClose })}
    />
  );
}
