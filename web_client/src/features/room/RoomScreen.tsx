/** The room itself: title, stage, panel, bar, and what is said to those who do not see them. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useCallback, useEffect, useRef, useState } from "react";
import { RoomSound } from "@/livekit/Sound";
import { Icon } from "@/ui/Icon";
import { useAnnouncement } from "./announce";
import { Banners } from "./Banners";
import { ChatPanel } from "./ChatPanel";
import { ControlBar, type Panel } from "./ControlBar";
import { unreadCount } from "./chat.model";
import panelClasses from "./Panel.module.css";
import { PeoplePanel } from "./PeoplePanel";
import classes from "./RoomScreen.module.css";
import { Stage } from "./Stage";
import type { StageView } from "./stage.model";
import type { Device, RoomControl } from "./useLiveRoom";
import { useFocusInside, useRestored, useRoomKeys, useSeconds, useWakeLock } from "./useRoomLife";

interface Props {
  title: string;
  mayEnd: boolean;
  startedAt: string | null;
  control: RoomControl;
  onTurn: (device: Device) => void;
  onLeave: () => void;
  onEnd: () => Promise<void>;
}

export function RoomScreen({ title, mayEnd, startedAt, control, onTurn, onLeave, onEnd }: Props) {
  const { room, view, trouble, pending } = control;
  const [stageView, setStageView] = useState<StageView>("grid");
  const [panel, setPanel] = useState<Panel | null>(null);
  const [readUpTo, setReadUpTo] = useState(0);
  const [hasSeenRecording, setSeenRecording] = useState(false);
  const announcement = useAnnouncement(view);
  const wasRestored = useRestored(view.connection);
  useWakeLock();

  const count = view.chat.length;
  useEffect(() => {
    if (panel === "chat") setReadUpTo(count);
  }, [panel, count]);

  const openPanel = useCallback((wanted: Panel) => setPanel((now) => (now === wanted ? null : wanted)), []);
  const switchView = useCallback(() => setStageView((now) => (now === "grid" ? "speaker" : "grid")), []);
  useRoomKeys({
    microphone: () => onTurn("microphone"),
    camera: () => onTurn("camera"),
    screen: () => onTurn("screen"),
    chat: () => openPanel("chat"),
    people: () => openPanel("people"),
    view: switchView,
    close: () => setPanel(null),
  });

  return (
    <main className={classes.room} data-connection={view.connection} data-testid="room">
      <TopBar isRecording={view.isRecording} startedAt={startedAt} title={title} />
      <Banners
        hasSeenRecording={hasSeenRecording}
        onForgetTrouble={control.forgetTrouble}
        onSeenRecording={() => setSeenRecording(true)}
        onSound={() => void room?.startSound()}
        trouble={trouble}
        view={view}
        wasRestored={wasRestored}
      />
      <div className={classes.middle}>
        <Stage people={view.people} view={stageView} />
        {panel && <SidePanel control={control} onClose={() => setPanel(null)} panel={panel} />}
      </div>
      <ControlBar
        mayEnd={mayEnd}
        me={view.people.find((person) => person.isLocal) ?? null}
        onEnd={onEnd}
        onLeave={onLeave}
        onPanel={openPanel}
        onPick={(kind, id) => void room?.switchDevice(kind, id)}
        onTurn={onTurn}
        onView={switchView}
        panel={panel}
        pending={pending}
        peopleCount={view.people.length}
        unread={panel === "chat" ? 0 : unreadCount(view.chat, readUpTo)}
        view={stageView}
      />
      <RoomSound sounds={view.sounds} />
      <div className="visually-hidden" data-testid="announcement" role="status">
        {announcement}
      </div>
    </main>
  );
}

/** Like every page: the tab has its title and the heading the focus, so that nobody is lost on arrival. */
function TopBar({ title, isRecording, startedAt }: { title: string; isRecording: boolean; startedAt: string | null }) {
  const clock = useSeconds(startedAt);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    document.title = `${title} · Lophop`;
  }, [title]);
  return (
    <header className={classes.top}>
      <h1 className={classes.title} ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {clock && <span className={classes.clock}>{clock}</span>}
      {isRecording && (
        <span className={classes.recording} data-testid="recording">
          <Icon name="record" size={16} />
          <Trans>Đang ghi hình</Trans>
        </span>
      )}
    </header>
  );
}

function SidePanel({ panel, control, onClose }: { panel: Panel; control: RoomControl; onClose: () => void }) {
  const { t } = useLingui();
  const { room, view } = control;
  const title = panel === "chat" ? t`Trò chuyện` : t`Mọi người`;
  const box = useRef<HTMLElement>(null);
  useFocusInside(box, panel);
  return (
    <aside aria-label={title} className={panelClasses.panel} data-testid={`panel-${panel}`} ref={box}>
      <div className={panelClasses.head}>
        <h2 className={panelClasses.title} tabIndex={-1}>
          {title}
        </h2>
        <button aria-label={t`Đóng`} className={panelClasses.close} onClick={onClose} type="button">
          <Icon name="close" />
        </button>
      </div>
      {panel === "chat" ? (
        <ChatPanel messages={view.chat} onSend={async (text) => room?.sendChat(text)} />
      ) : (
        <PeoplePanel people={view.people} />
      )}
    </aside>
  );
}
