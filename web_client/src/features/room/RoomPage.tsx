/** The live room. */
import { useLingui } from "@lingui/react/macro";
import { PageTitle } from "@/ui/Page";

export interface RoomPageProps {
  sessionId: string;
  choices: { isMicrophoneOn: boolean; isCameraOn: boolean; microphoneId: string | null; cameraId: string | null };
  onLeave: () => void;
}

export function RoomPage({ sessionId }: RoomPageProps) {
  const { t } = useLingui();
  return <PageTitle lead={sessionId} title={t`Phòng học`} />;
}
