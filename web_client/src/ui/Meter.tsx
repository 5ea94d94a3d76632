/** A share of something, as a bar with its number, and a mark where the goal stands. */

import { formatPercent } from "./format";
import classes from "./Meter.module.css";

interface Props {
  label: string;
  percent: number;
  goal?: number;
  isLarge?: boolean;
}

export function Meter({ label, percent, goal, isLarge = false }: Props) {
  const shown = Math.max(0, Math.min(100, percent));
  const isReached = goal === undefined || percent >= goal;
  return (
    <div className={isLarge ? `${classes.meter} ${classes.large}` : classes.meter}>
      <div aria-label={`${label}: ${formatPercent(percent)}`} className={classes.track} role="img">
        <span className={isReached ? classes.reached : classes.fill} style={{ width: `${shown}%` }} />
        {goal !== undefined && goal > 0 && goal < 100 && <span className={classes.goal} style={{ left: `${goal}%` }} />}
      </div>
      <span aria-hidden="true" className={classes.number}>
        {formatPercent(percent)}
      </span>
    </div>
  );
}
