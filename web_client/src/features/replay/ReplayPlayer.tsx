/** The player: pictures, sound, seek bar and buttons over one archive. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import type { ReplayView } from "@/lms/types";
import { formatClock } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { Controls } from "./Controls";
import { isInGap } from "./gaps.model";
import classes from "./Player.module.css";
import type { PlaybackView } from "./playback.view";
import { type Command, commandOf, type Layout, nextSpeed } from "./player.model";
import { SeekBar } from "./SeekBar";
import type { Player, Stage } from "./usePlayback";

interface Props {
  replay: ReplayView;
  stage: Stage;
  player: Player;
}

export function ReplayPlayer({ replay, stage, player }: Props) {
  const { t } = useLingui();
  const { playback, view } = player;
  const [wanted, setWanted] = useState<Layout>("screen");
  const layout: Layout = view.hasScreen && (wanted === "screen" || !view.hasSpeaker) ? "screen" : "speaker";
  const run = (command: Command) => {
    if (!playback) return;
    if (command.kind === "toggle") view.state === "playing" ? playback.pause() : playback.play();
    if (command.kind === "skip") playback.seek(playback.second + command.seconds);
    if (command.kind === "speed") playback.setSpeed(nextSpeed(view.speed, command.direction));
    if (command.kind === "seek") playback.seek(view.duration * command.fraction);
    if (command.kind === "mute") playback.setVolume(view.volume, !view.isMuted);
    if (command.kind === "fullscreen") toggleFullscreen(stage.root.current);
  };
  usePlayerKeys(run);
  return (
    <section
      aria-label={t`Trình phát`}
      className={classes.player}
      data-duration={view.duration.toFixed(2)}
      data-layout={layout}
      data-live={view.isLive}
      data-state={view.state}
      data-testid="player"
      ref={stage.root}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a convenience for the pointer; the play button and Space do the same */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above */}
      <div className={classes.screens} onClick={() => run({ kind: "toggle" })}>
        {/* biome-ignore lint/a11y/useMediaCaption: recordings have no captions yet */}
        <audio ref={stage.audio} />
        <video
          className={classes.screenPicture}
          data-shown={view.hasScreen}
          data-testid="replay-screen"
          muted
          playsInline
          ref={stage.screen}
        />
        <video
          className={classes.speakerPicture}
          data-shown={view.hasSpeaker}
          data-testid="replay-speaker"
          muted
          playsInline
          ref={stage.speaker}
        />
        {!view.hasScreen && !view.hasSpeaker && <SoundOnly view={view} />}
        {view.state === "loading" && <span aria-hidden="true" className={classes.spinner} />}
        {view.state !== "playing" && view.state !== "loading" && (
          <span aria-hidden="true" className={classes.bigPlay}>
            <Icon name="play" size={34} />
          </span>
        )}
        <Note isInGap={isInGap(replay, view.wholeSecond)} view={view} />
      </div>
      <div className={classes.foot}>
        <SeekBar onSeek={(second) => playback?.seek(second)} replay={replay} view={view} />
        <Controls layout={layout} onCommand={run} onLayout={setWanted} playback={playback} view={view} />
      </div>
    </section>
  );
}

function SoundOnly({ view }: { view: PlaybackView }) {
  return (
    <p className={classes.soundOnly}>
      <Icon name="volume" size={30} />
      {view.duration > 0 ? <Trans>Lúc này chỉ có tiếng</Trans> : <Trans>Bản ghi đang được chuẩn bị…</Trans>}
    </p>
  );
}

/** Tells of a part without recording; polite, so that it does not cut off the speaker in a screen reader. */
function Note({ view, isInGap }: { view: PlaybackView; isInGap: boolean }) {
  const { t } = useLingui();
  const length = view.skipped ? formatClock(view.skipped[1] - view.skipped[0]) : "";
  const text = view.skipped ? t`Đã bỏ qua ${length} không có bản ghi` : isInGap ? t`Đoạn này không có bản ghi` : "";
  return (
    <p className={classes.note} data-shown={text !== ""} data-testid="gap-note" role="status">
      {text}
    </p>
  );
}

function toggleFullscreen(root: HTMLElement | null): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void root?.requestFullscreen?.();
}

const OWN_KEYS = "input:not([type=range]), textarea, select, [contenteditable=true], [role=dialog]";

function usePlayerKeys(run: (command: Command) => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (target?.closest(OWN_KEYS)) return;
      const isPress = event.key === " " && target?.closest("button, a, summary");
      const command = commandOf(event.key);
      if (!command || isPress) return;
      event.preventDefault();
      latest.current(command);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
