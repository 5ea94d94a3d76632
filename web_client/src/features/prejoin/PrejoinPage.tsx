/** The page before the room. */
import { useLingui } from "@lingui/react/macro";
import { PageTitle } from "@/ui/Page";
import type { JoinChoices } from "./joinChoices";

export interface PrejoinPageProps {
  sessionId: string;
  onJoin: (choices: JoinChoices) => void;
}

export function PrejoinPage({ sessionId }: PrejoinPageProps) {
  const { t } = useLingui();
  return <PageTitle lead={sessionId} title={t`Trước khi vào lớp`} />;
}
