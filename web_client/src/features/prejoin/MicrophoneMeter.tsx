/** A bar that moves with one's own voice, drawn without passing through React: fifteen times a second. */
import { useLingui } from "@lingui/react/macro";
import { useEffect, useRef } from "react";
import { watchLevel } from "@/livekit/devices";
import { Icon } from "@/ui/Icon";
import classes from "./Prejoin.module.css";

const BARS = 16;

export function MicrophoneMeter({ stream }: { stream: MediaStream }) {
  const { t } = useLingui();
  const meter = useRef<HTMLDivElement>(null);
  useEffect(
    () =>
      watchLevel(stream, (level) => {
        const box = meter.current;
        if (!box) return;
        const lit = Math.round(level * BARS);
        box.dataset.level = level.toFixed(3);
        Array.from(box.children).forEach((bar, index) => {
          bar.toggleAttribute("data-lit", index < lit);
        });
      }),
    [stream],
  );
  return (
    <div className={classes.meterRow}>
      <Icon name="mic" size={18} />
      <div aria-label={t`Mức âm của micro`} className={classes.meter} data-testid="meter" ref={meter} role="img">
        {Array.from({ length: BARS }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a fixed row of bars
          <i key={index} />
        ))}
      </div>
      <span className={classes.hint}>{t`Thử nói vài câu`}</span>
    </div>
  );
}
