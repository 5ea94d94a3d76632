/** Where one is and where one may go: a native slider over the coverage, with a picture of the place pointed at. */
import { useLingui } from "@lingui/react/macro";
import { useState } from "react";
import type { ReplayView } from "@/lms/types";
import { formatClock } from "@/ui/format";
import { gapsOf } from "./gaps.model";
import classes from "./Player.module.css";
import type { PlaybackView } from "./playback.view";
import { thumbnailAt } from "./thumbnails.model";

interface Props {
  replay: ReplayView;
  view: PlaybackView;
  onSeek: (second: number) => void;
}

export function SeekBar({ replay, view, onSeek }: Props) {
  const { t } = useLingui();
  const [pointed, setPointed] = useState<number | null>(null);
  const { duration, wholeSecond } = view;
  const at = formatClock(wholeSecond);
  const of = formatClock(duration);
  const onMove = (event: React.PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setPointed(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  };
  return (
    <div className={classes.seek} onPointerLeave={() => setPointed(null)} onPointerMove={onMove}>
      <Track duration={duration} replay={replay} second={wholeSecond} />
      <input
        aria-label={t`Vị trí trong bản ghi`}
        aria-valuetext={t`${at} trên ${of}`}
        data-testid="seek"
        max={Math.max(1, duration)}
        min={0}
        onChange={(event) => onSeek(event.target.valueAsNumber)}
        step="any"
        type="range"
        value={Math.min(wholeSecond, duration)}
      />
      {pointed !== null && duration > 0 && <Thumbnail fraction={pointed} replay={replay} second={pointed * duration} />}
    </div>
  );
}

function Track({ replay, duration, second }: { replay: ReplayView; duration: number; second: number }) {
  if (duration <= 0) return <div className={classes.track} />;
  const percent = (seconds: number) => `${Math.min(100, Math.max(0, (seconds / duration) * 100))}%`;
  const block = (kind: string, [start, end]: readonly [number, number]) => (
    <span
      className={classes[kind]}
      key={`${kind}${start}`}
      style={{ left: percent(start), width: `calc(${percent(end)} - ${percent(start)})` }}
    />
  );
  return (
    <div aria-hidden="true" className={classes.track}>
      {replay.coverage.missing.map((span) => block("trackMissing", span))}
      {gapsOf(replay).map((span) => block("trackGap", span))}
      <span className={classes.trackPlayed} style={{ width: percent(second) }} />
    </div>
  );
}

function Thumbnail({ replay, second, fraction }: { replay: ReplayView; second: number; fraction: number }) {
  const file = thumbnailAt(replay.manifest?.thumbnails?.files ?? [], second);
  return (
    <div aria-hidden="true" className={classes.thumbnail} style={{ left: `clamp(84px, ${fraction * 100}%, calc(100% - 84px))` }}>
      {file && <img alt="" src={replay.base_url + file} />}
      <span>{formatClock(second)}</span>
    </div>
  );
}
