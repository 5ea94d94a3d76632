/** What everybody in the room must see at once: recording, the line, sound, a device that does not work. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import type { RoomView } from "@/livekit/room.view";
import { Icon, type IconName } from "@/ui/Icon";
import classes from "./Banners.module.css";
import { useTroubleText } from "./trouble";
import type { Trouble } from "./useLiveRoom";

interface Props {
  view: RoomView;
  trouble: Trouble | null;
  hasSeenRecording: boolean;
  wasRestored: boolean;
  onSeenRecording: () => void;
  onForgetTrouble: () => void;
  onSound: () => void;
}

export function Banners({ view, trouble, hasSeenRecording, wasRestored, ...on }: Props) {
  const { t } = useLingui();
  return (
    <div className={classes.banners}>
      {view.connection === "reconnecting" && (
        <Banner icon="signal" kind="warn" testId="banner-lost">
          <Trans>Mất kết nối. Đang nối lại, bạn không cần làm gì…</Trans>
        </Banner>
      )}
      {view.connection === "connected" && wasRestored && (
        <Banner icon="check" kind="good" testId="banner-restored">
          <Trans>Đã nối lại.</Trans>
        </Banner>
      )}
      {view.connection === "connected" && view.isLocalLineSlow && (
        <Banner icon="signal" kind="warn" testId="banner-slow">
          <Trans>Đường truyền của bạn đang yếu. Tắt camera sẽ giúp tiếng nghe rõ hơn.</Trans>
        </Banner>
      )}
      {!view.canPlaySound && (
        <button className={classes.sound} data-testid="start-sound" onClick={on.onSound} type="button">
          <Icon name="volume" />
          <Trans>Bật tiếng</Trans>
        </button>
      )}
      {view.isRecording && !hasSeenRecording && (
        <Banner close={t`Đã hiểu`} icon="record" kind="record" onClose={on.onSeenRecording} testId="recording-notice">
          <Trans>Buổi học này được ghi hình để xem lại. Tiếng, hình và trò chuyện của bạn có trong bản ghi.</Trans>
        </Banner>
      )}
      {trouble && <TroubleBanner onClose={on.onForgetTrouble} trouble={trouble} />}
    </div>
  );
}

function TroubleBanner({ trouble, onClose }: { trouble: Trouble; onClose: () => void }) {
  const { t } = useLingui();
  const text = useTroubleText(trouble);
  return (
    <Banner close={t`Đóng`} icon="alert" kind="bad" onClose={onClose} testId="device-trouble">
      {text}
    </Banner>
  );
}

interface BannerProps {
  icon: IconName;
  kind: "warn" | "good" | "bad" | "record";
  testId: string;
  close?: string;
  onClose?: () => void;
  children: ReactNode;
}

function Banner({ icon, kind, testId, close, onClose, children }: BannerProps) {
  return (
    <div className={classes.banner} data-kind={kind} data-testid={testId}>
      <Icon name={icon} />
      <p>{children}</p>
      {close && (
        <button onClick={onClose} type="button">
          {close}
        </button>
      )}
    </div>
  );
}
