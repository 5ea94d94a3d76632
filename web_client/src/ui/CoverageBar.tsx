/** The bar that shows which part of a session somebody attended live, watched later, or still misses. Patterns differ, not only colours. */
import { Trans, useLingui } from "@lingui/react/macro";
import classes from "./CoverageBar.module.css";
import { type CoverageSpans, coverageBlocks, type SpanKind, totalSeconds } from "./coverageBar.model";
import { formatClock } from "./format";

interface Props extends CoverageSpans {
  /** Where the player stands, in seconds of the session clock. */
  positionS?: number;
  /** Called with the second somebody pointed at; the bar is then only a pointer target, the player keeps its own slider for keys. */
  onSeek?: (second: number) => void;
  hasLegend?: boolean;
  isCompact?: boolean;
  /** The share the server counted, for whoever reads the page by machine. */
  percent?: number;
}

export function CoverageBar({ positionS, onSeek, hasLegend = false, isCompact = false, percent, ...spans }: Props) {
  const summary = useSummary(spans);
  const seek = (event: React.MouseEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    onSeek?.(((event.clientX - box.left) / box.width) * spans.durationS);
  };
  return (
    <div className={classes.root} data-percent={percent} data-testid="coverage">
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has the player's own slider for the same act */}
      <div
        aria-label={summary}
        className={isCompact ? `${classes.bar} ${classes.compact}` : classes.bar}
        onClick={onSeek && seek}
        role="img"
        style={onSeek && { cursor: "pointer" }}
      >
        {coverageBlocks(spans).map((block) => (
          <span
            className={`${classes.block} ${classes[block.kind]}`}
            key={`${block.kind}${block.startS}`}
            style={{ left: `${block.leftPercent}%`, width: `${block.widthPercent}%` }}
          />
        ))}
        {positionS !== undefined && spans.durationS > 0 && (
          <span className={classes.position} style={{ left: `${Math.min(100, (positionS / spans.durationS) * 100)}%` }} />
        )}
      </div>
      {hasLegend && <Legend {...spans} />}
    </div>
  );
}

function useSummary(spans: CoverageSpans): string {
  const { t } = useLingui();
  const live = formatClock(totalSeconds(spans.live));
  const replay = formatClock(totalSeconds(spans.replay));
  const missing = formatClock(totalSeconds(spans.missing));
  return t`Trực tiếp ${live}, xem lại ${replay}, còn thiếu ${missing}`;
}

function Legend(spans: CoverageSpans) {
  const entry = (kind: SpanKind, name: React.ReactNode) => (
    <li className={classes.entry}>
      <span aria-hidden="true" className={`${classes.swatch} ${classes[kind]}`} />
      {name} <span className={classes.amount}>{formatClock(totalSeconds(spans[kind]))}</span>
    </li>
  );
  return (
    <ul className={classes.legend}>
      {entry("live", <Trans>Trực tiếp</Trans>)}
      {entry("replay", <Trans>Xem lại</Trans>)}
      {entry("missing", <Trans>Còn thiếu</Trans>)}
    </ul>
  );
}
