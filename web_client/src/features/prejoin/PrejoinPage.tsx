/** The page before the room: see and hear oneself, choose devices, know what one enters and that it is recorded. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { currentLocale } from "@/i18n/i18n";
import { type JoinChoices, storeChoices, storedChoices } from "@/livekit/devices";
import { asApiError } from "@/lms/errors";
import { useSession } from "@/lms/sessions";
import type { SessionView } from "@/lms/types";
import { Icon } from "@/ui/Icon";
import { Button } from "@/ui/kit";
import { ErrorState, Loading } from "@/ui/states";
import { CameraPreview } from "./CameraPreview";
import { DevicePickers } from "./DevicePickers";
import { Closed, Summary } from "./Entry";
import { entryState } from "./entry.model";
import { MicrophoneMeter } from "./MicrophoneMeter";
import classes from "./Prejoin.module.css";
import { ProblemNote } from "./ProblemNote";
import { usePreview } from "./usePreview";

export interface PrejoinPageProps {
  sessionId: string;
  onJoin: (choices: JoinChoices) => void;
}

export function PrejoinPage({ sessionId, onJoin }: PrejoinPageProps) {
  const { t } = useLingui();
  const session = useSession(sessionId);
  const title = session.data?.title;
  useEffect(() => {
    document.title = `${title ?? t`Vào phòng`} · Lophop`;
  }, [title, t]);
  return (
    <main className={classes.page}>
      <Link className={classes.back} to={`/sessions/${sessionId}`}>
        <Icon name="arrowLeft" />
        <Trans>Trang buổi học</Trans>
      </Link>
      {session.isPending && <Loading />}
      {session.isError && (
        <ErrorState
          code={asApiError(session.error).code}
          message={asApiError(session.error).in(currentLocale())}
          onRetry={() => void session.refetch()}
        />
      )}
      {session.data && <Door onJoin={onJoin} session={session.data} />}
    </main>
  );
}

function Door({ session, onJoin }: { session: SessionView; onJoin: (choices: JoinChoices) => void }) {
  const now = useNow();
  const entry = entryState({ state: session.state, startsAt: session.starts_at, mayJoin: session.may_join }, now);
  if (entry === "early" || entry === "ended") return <Closed entry={entry} now={now} session={session} />;
  return <Check onJoin={onJoin} session={session} />;
}

function Check({ session, onJoin }: { session: SessionView; onJoin: (choices: JoinChoices) => void }) {
  const [choices, setChoices] = useState(storedChoices);
  const change = (changed: Partial<JoinChoices>) => {
    const next = { ...choices, ...changed };
    setChoices(next);
    storeChoices(next);
  };
  const camera = usePreview("camera", choices.isCameraOn, choices.cameraId);
  const microphone = usePreview("microphone", choices.isMicrophoneOn, choices.microphoneId);
  const isSilent = microphone.state.kind === "problem" && camera.state.kind !== "on";
  const join = () =>
    onJoin({
      ...choices,
      isCameraOn: choices.isCameraOn && camera.state.kind !== "problem",
      isMicrophoneOn: choices.isMicrophoneOn && microphone.state.kind !== "problem",
    });
  return (
    <div className={classes.columns}>
      <section className={classes.left}>
        <CameraPreview
          camera={camera.state}
          microphone={microphone.state}
          onCamera={() => change({ isCameraOn: !choices.isCameraOn })}
          onMicrophone={() => change({ isMicrophoneOn: !choices.isMicrophoneOn })}
        />
        {microphone.state.kind === "on" && <MicrophoneMeter stream={microphone.state.stream} />}
        <ProblemNote camera={camera} microphone={microphone} />
      </section>
      <section className={classes.right}>
        <Summary session={session} />
        <DevicePickers choices={choices} onChange={change} readAgain={`${camera.state.kind} ${microphone.state.kind}`} />
        <Button className={classes.join} data-testid="join" fullWidth onClick={join} size="lg">
          {isSilent ? <Trans>Vào để nghe</Trans> : <Trans>Vào phòng</Trans>}
        </Button>
      </section>
    </div>
  );
}

const TICK_MS = 1000;

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), TICK_MS);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}
