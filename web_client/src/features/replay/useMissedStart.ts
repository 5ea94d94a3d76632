/** Begins with the missed parts when the address asks for it, once the recording is there. */
import { useEffect, useRef } from "react";
import type { Interval } from "./intervals.model";
import type { Player } from "./usePlayback";

export function useMissedStart({ playback, view }: Player, isWanted: boolean, missed: readonly Interval[]): void {
  const hasStarted = useRef(false);
  const isReady = isWanted && view.duration > 0 && missed.length > 0;
  useEffect(() => {
    if (!isReady || hasStarted.current) return;
    hasStarted.current = true;
    playback?.playMissed(missed);
  }, [isReady, playback, missed]);
}
