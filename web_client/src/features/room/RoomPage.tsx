/**
 * The way into and out of a room: asks the server for a ticket, stays, comes back by itself when the line or the
 * server was lost, and says in words when it is over.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { currentLocale } from "@/i18n/i18n";
import type { JoinChoices } from "@/livekit/devices";
import type { EndReason } from "@/livekit/room.view";
import { asApiError } from "@/lms/errors";
import { endSession, joinSession, useSession } from "@/lms/sessions";
import type { Ticket } from "@/lms/types";
import { Button } from "@/ui/kit";
import { RoomScreen } from "./RoomScreen";
import classes from "./RoomScreen.module.css";
import { type Device, useLiveRoom } from "./useLiveRoom";

export interface RoomPageProps {
  sessionId: string;
  choices: JoinChoices;
  onLeave: () => void;
}

type Stay =
  | { readonly kind: "asking"; readonly isAgain: boolean }
  | { readonly kind: "inside"; readonly ticket: Ticket }
  | { readonly kind: "over"; readonly reason: EndReason; readonly text: string };

const AGAIN_AFTER_MS = 2500;
/** The server says these when the session is over or not ours any more: asking again would not help. */
const FINAL_STATUSES = new Set([403, 404, 409, 410]);

export function RoomPage({ sessionId, choices, onLeave }: RoomPageProps) {
  const [stay, setStay] = useState<Stay>({ kind: "asking", isAgain: false });
  const [attempt, setAttempt] = useState(0);
  const latest = useRef(choices);
  const isAgain = stay.kind === "asking" && stay.isAgain;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks again
  useEffect(() => {
    if (stay.kind !== "asking") return;
    let isOver = false;
    let timer = 0;
    joinSession(sessionId).then(
      (ticket) => !isOver && setStay({ kind: "inside", ticket }),
      (error: unknown) => {
        if (isOver) return;
        const refusal = asApiError(error);
        if (isAgain && FINAL_STATUSES.has(refusal.status)) onLeave();
        else if (isAgain) timer = window.setTimeout(() => setAttempt((count) => count + 1), AGAIN_AFTER_MS);
        else setStay({ kind: "over", reason: "refused", text: refusal.in(currentLocale()) });
      },
    );
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [stay.kind, attempt, sessionId]);

  const onOver = (reason: EndReason) => {
    if (reason === "left" || reason === "closed") onLeave();
    else if (reason === "lost") window.setTimeout(() => setStay({ kind: "asking", isAgain: true }), AGAIN_AFTER_MS);
    else setStay({ kind: "over", reason, text: "" });
  };
  if (stay.kind === "asking") return <Asking isAgain={stay.isAgain} onLeave={onLeave} />;
  if (stay.kind === "over") {
    const onAgain = () => setStay({ kind: "asking", isAgain: false });
    return <Over onAgain={onAgain} onLeave={onLeave} reason={stay.reason} text={stay.text} />;
  }
  return <Inside choices={latest} onLeave={onLeave} onOver={onOver} sessionId={sessionId} ticket={stay.ticket} />;
}

interface InsideProps {
  sessionId: string;
  ticket: Ticket;
  choices: React.RefObject<JoinChoices>;
  onOver: (reason: EndReason) => void;
  onLeave: () => void;
}

function Inside({ sessionId, ticket, choices, onOver, onLeave }: InsideProps) {
  const session = useSession(sessionId);
  const control = useLiveRoom(useStable(ticket), choices.current);
  const { view, turn } = control;
  const me = view.people.find((person) => person.isLocal);
  const latestOver = useRef(onOver);
  latestOver.current = onOver;
  useEffect(() => {
    if (view.endReason) latestOver.current(view.endReason);
  }, [view.endReason]);

  const onTurn = (device: Device) => {
    const isOn = { microphone: me?.isMicrophoneOn, camera: me?.isCameraOn, screen: me?.isScreenOn }[device] ?? false;
    if (device === "microphone") choices.current = { ...choices.current, isMicrophoneOn: !isOn };
    if (device === "camera") choices.current = { ...choices.current, isCameraOn: !isOn };
    void turn(device, !isOn);
  };
  if (view.connection === "connecting") return <Asking isAgain={false} onLeave={onLeave} />;
  if (view.connection === "ended") return <Asking isAgain={view.endReason === "lost"} onLeave={onLeave} />;
  return (
    <RoomScreen
      control={control}
      mayEnd={ticket.may_end}
      onEnd={async () => void (await endSession(sessionId))}
      onLeave={onLeave}
      onTurn={onTurn}
      startedAt={session.data?.zero_at ?? null}
      title={session.data?.title ?? ""}
    />
  );
}

function useStable(ticket: Ticket) {
  const [stable] = useState({ url: ticket.url, token: ticket.token, isRecorded: ticket.is_recorded });
  return stable;
}

function Asking({ isAgain, onLeave }: { isAgain: boolean; onLeave: () => void }) {
  const { t } = useLingui();
  return (
    <Message title={isAgain ? t`Mất kết nối với phòng` : t`Đang vào phòng…`}>
      <p aria-live="polite">{isAgain ? t`Đang vào lại. Bạn không cần làm gì.` : t`Đang kết nối với máy chủ.`}</p>
      <Button onClick={onLeave} variant="white">
        <Trans>Về trang buổi học</Trans>
      </Button>
    </Message>
  );
}

interface OverProps {
  reason: EndReason;
  text: string;
  onAgain: () => void;
  onLeave: () => void;
}

function Over({ reason, text, onAgain, onLeave }: OverProps) {
  const { t } = useLingui();
  const words = {
    elsewhere: [
      t`Bạn đã vào phòng ở nơi khác`,
      t`Mỗi người chỉ ở trong phòng trên một thiết bị. Bạn có thể chuyển về thiết bị này.`,
    ],
    removed: [t`Bạn đã được mời ra khỏi phòng`, t`Hãy liên hệ người chủ trì nếu đây là nhầm lẫn.`],
  } as Partial<Record<EndReason, [string, string]>>;
  const [title, lead] = words[reason] ?? [t`Không vào được phòng`, text || t`Máy chủ không cho vào phòng lúc này.`];
  return (
    <Message title={title}>
      <p role="alert">{lead}</p>
      <div className={classes.actions}>
        <Button onClick={onLeave} variant="white">
          <Trans>Về trang buổi học</Trans>
        </Button>
        {reason !== "removed" && <Button onClick={onAgain}>{reason === "elsewhere" ? t`Chuyển về đây` : t`Thử lại`}</Button>}
      </div>
    </Message>
  );
}

function Message({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Lophop`;
  }, [title]);
  return (
    <main className={classes.centre} data-testid="room-message">
      <div className={classes.message}>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
