/** The buttons of the player. */
import { Trans, useLingui } from "@lingui/react/macro";
import { formatClock } from "@/ui/format";
import { Icon, type IconName } from "@/ui/Icon";
import type { Playback } from "./Playback";
import classes from "./Player.module.css";
import type { PlaybackView } from "./playback.view";
import { type Command, type Layout, SPEEDS, STEP_S } from "./player.model";

interface Props {
  view: PlaybackView;
  playback: Playback | null;
  layout: Layout;
  onCommand: (command: Command) => void;
  onLayout: (layout: Layout) => void;
}

export function Controls({ view, playback, layout, onCommand, onLayout }: Props) {
  const { t } = useLingui();
  const isPlaying = view.state === "playing" || (view.state === "loading" && view.wholeSecond > 0);
  return (
    <div className={classes.controls}>
      <PlayerButton
        icon={isPlaying ? "pause" : view.state === "ended" ? "refresh" : "play"}
        name={isPlaying ? t`Tạm dừng` : view.state === "ended" ? t`Xem lại từ đầu` : t`Phát`}
        onPress={() => onCommand({ kind: "toggle" })}
        testId="play"
      />
      <PlayerButton
        icon="rewind"
        name={t`Lùi ${STEP_S} giây`}
        onPress={() => onCommand({ kind: "skip", seconds: -STEP_S })}
        testId="back"
        text={`${STEP_S}`}
      />
      <PlayerButton
        icon="forward"
        name={t`Tiến ${STEP_S} giây`}
        onPress={() => onCommand({ kind: "skip", seconds: STEP_S })}
        testId="forward"
        text={`${STEP_S}`}
      />
      <span className={classes.time}>
        {formatClock(view.wholeSecond)} <i>/ {formatClock(view.duration)}</i>
      </span>
      {view.isLive && (
        <button
          className={classes.live}
          data-at-edge={view.isAtLiveEdge}
          data-testid="to-live"
          onClick={() => playback?.toLiveEdge()}
          type="button"
        >
          <Trans>Trực tiếp</Trans>
        </button>
      )}
      <span className={classes.space} />
      <Speed onPick={(speed) => playback?.setSpeed(speed)} speed={view.speed} />
      <Volume playback={playback} view={view} />
      {view.hasScreen && view.hasSpeaker && (
        <PlayerButton
          icon={layout === "screen" ? "person" : "screen"}
          name={layout === "screen" ? t`Phóng to người nói` : t`Phóng to màn hình chia sẻ`}
          onPress={() => onLayout(layout === "screen" ? "speaker" : "screen")}
          testId="layout"
        />
      )}
      <PlayerButton
        icon="fullscreen"
        name={t`Toàn màn hình`}
        onPress={() => onCommand({ kind: "fullscreen" })}
        testId="fullscreen"
      />
    </div>
  );
}

interface ButtonProps {
  icon: IconName;
  name: string;
  text?: string;
  testId: string;
  onPress: () => void;
}

function PlayerButton({ icon, name, text, testId, onPress }: ButtonProps) {
  return (
    <button aria-label={name} className={classes.button} data-testid={testId} onClick={onPress} title={name} type="button">
      <Icon name={icon} size={22} />
      {text && <small aria-hidden="true">{text}</small>}
    </button>
  );
}

function Speed({ speed, onPick }: { speed: number; onPick: (speed: number) => void }) {
  const { t, i18n } = useLingui();
  return (
    <select
      aria-label={t`Tốc độ phát`}
      className={classes.speed}
      data-testid="speed"
      onChange={(event) => onPick(Number(event.target.value))}
      value={speed}
    >
      {SPEEDS.map((one) => (
        <option key={one} value={one}>
          {i18n.number(one)}×
        </option>
      ))}
    </select>
  );
}

function Volume({ view, playback }: { view: PlaybackView; playback: Playback | null }) {
  const { t } = useLingui();
  return (
    <span className={classes.volume}>
      <PlayerButton
        icon={view.isMuted ? "volumeOff" : "volume"}
        name={view.isMuted ? t`Bật tiếng` : t`Tắt tiếng`}
        onPress={() => playback?.setVolume(view.volume, !view.isMuted)}
        testId="mute"
      />
      <input
        aria-label={t`Âm lượng`}
        max={1}
        min={0}
        onChange={(event) => playback?.setVolume(event.target.valueAsNumber, event.target.valueAsNumber === 0)}
        step={0.05}
        type="range"
        value={view.isMuted ? 0 : view.volume}
      />
    </span>
  );
}
