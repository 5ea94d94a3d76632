/** The replay of a session. */
import { useLingui } from "@lingui/react/macro";
import { PageTitle } from "@/ui/Page";

export function ReplayPage({ sessionId }: { sessionId: string }) {
  const { t } = useLingui();
  return <PageTitle lead={sessionId} title={t`Xem lại`} />;
}
