/** What waits today. */
import { useLingui } from "@lingui/react/macro";
import { PageTitle } from "@/ui/Page";

export function TodayPage() {
  const { t } = useLingui();
  return <PageTitle title={t`Hôm nay`} />;
}
