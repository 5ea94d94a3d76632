/** The bar at the foot of the room. */
import { useLingui } from "@lingui/react/macro";
import type { DeviceKind, PersonView } from "@/livekit/room.view";
import { BarButton } from "./BarButton";
import classes from "./ControlBar.module.css";
import { DeviceMenu } from "./DeviceMenu";
import { LeaveButton } from "./LeaveButton";
import type { StageView } from "./stage.model";
import type { Device } from "./useLiveRoom";

export type Panel = "people" | "chat";

interface Props {
  me: PersonView | null;
  pending: Device | null;
  view: StageView;
  panel: Panel | null;
  peopleCount: number;
  unread: number;
  mayEnd: boolean;
  onTurn: (device: Device) => void;
  onPick: (kind: DeviceKind, deviceId: string) => void;
  onView: () => void;
  onPanel: (panel: Panel) => void;
  onLeave: () => void;
  onEnd: () => Promise<void>;
}

export function ControlBar(props: Props) {
  const { t } = useLingui();
  return (
    <div aria-label={t`Điều khiển phòng`} className={classes.bar} role="toolbar">
      <div className={classes.middle}>
        <Devices {...props} />
        <Views {...props} />
      </div>
      <LeaveButton mayEnd={props.mayEnd} onEnd={props.onEnd} onLeave={props.onLeave} />
    </div>
  );
}

const canShareScreen = typeof navigator !== "undefined" && Boolean(navigator.mediaDevices?.getDisplayMedia);

function Devices({ me, pending, onTurn, onPick }: Props) {
  const { t } = useLingui();
  const isMicrophoneOn = me?.isMicrophoneOn ?? false;
  const isCameraOn = me?.isCameraOn ?? false;
  const isScreenOn = me?.isScreenOn ?? false;
  return (
    <>
      <div className={classes.split}>
        <BarButton
          icon={isMicrophoneOn ? "mic" : "micOff"}
          isBusy={pending === "microphone"}
          isOff={!isMicrophoneOn}
          label={t`Micro`}
          name={isMicrophoneOn ? t`Tắt micro` : t`Bật micro`}
          onPress={() => onTurn("microphone")}
          shortcut="M"
          testId="toggle-microphone"
        />
        <DeviceMenu
          kinds={[
            { kind: "audioinput", title: t`Micro` },
            { kind: "audiooutput", title: t`Loa` },
          ]}
          label={t`Chọn micro và loa`}
          onPick={onPick}
        />
      </div>
      <div className={classes.split}>
        <BarButton
          icon={isCameraOn ? "camera" : "cameraOff"}
          isBusy={pending === "camera"}
          isOff={!isCameraOn}
          label={t`Camera`}
          name={isCameraOn ? t`Tắt camera` : t`Bật camera`}
          onPress={() => onTurn("camera")}
          shortcut="V"
          testId="toggle-camera"
        />
        <DeviceMenu kinds={[{ kind: "videoinput", title: t`Camera` }]} label={t`Chọn camera`} onPick={onPick} />
      </div>
      {canShareScreen && (
        <div className={classes.wide}>
          <BarButton
            icon={isScreenOn ? "screenOff" : "screen"}
            isBusy={pending === "screen"}
            isOn={isScreenOn}
            label={isScreenOn ? t`Dừng` : t`Chia sẻ`}
            name={isScreenOn ? t`Dừng chia sẻ màn hình` : t`Chia sẻ màn hình`}
            onPress={() => onTurn("screen")}
            shortcut="D"
            testId="toggle-screen"
          />
        </div>
      )}
    </>
  );
}

function Views({ view, panel, peopleCount, unread, onView, onPanel }: Props) {
  const { t } = useLingui();
  return (
    <>
      <BarButton
        icon={view === "grid" ? "focus" : "grid"}
        label={view === "grid" ? t`Người nói` : t`Lưới`}
        name={view === "grid" ? t`Phóng to người nói` : t`Xem dạng lưới`}
        onPress={onView}
        shortcut="W"
        testId="toggle-view"
      />
      <BarButton
        badge={peopleCount}
        icon="people"
        isOn={panel === "people"}
        label={t`Mọi người`}
        name={t`Mọi người trong phòng`}
        onPress={() => onPanel("people")}
        shortcut="P"
        testId="toggle-people"
      />
      <BarButton
        badge={unread}
        icon="chat"
        isOn={panel === "chat"}
        label={t`Trò chuyện`}
        name={t`Trò chuyện`}
        onPress={() => onPanel("chat")}
        shortcut="C"
        testId="toggle-chat"
      />
    </>
  );
}
