/** One device before joining: opened while wanted, closed when not, with the reason when it cannot be. */
import { useCallback, useEffect, useState } from "react";
import { closeStream, type DeviceProblem, openCamera, openMicrophone, problemOf } from "@/livekit/devices";

export type PreviewState =
  | { readonly kind: "off" }
  | { readonly kind: "asking" }
  | { readonly kind: "on"; readonly stream: MediaStream }
  | { readonly kind: "problem"; readonly problem: DeviceProblem };

export interface Preview {
  readonly state: PreviewState;
  retry(): void;
}

export function usePreview(kind: "camera" | "microphone", isWanted: boolean, deviceId: string): Preview {
  const [state, setState] = useState<PreviewState>({ kind: isWanted ? "asking" : "off" });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt opens the device again
  useEffect(() => {
    if (!isWanted) {
      setState({ kind: "off" });
      return;
    }
    let stream: MediaStream | null = null;
    let isOver = false;
    setState({ kind: "asking" });
    const open = kind === "camera" ? openCamera : openMicrophone;
    open(deviceId).then(
      (opened) => {
        stream = opened;
        if (isOver) closeStream(opened);
        else setState({ kind: "on", stream: opened });
      },
      (error: unknown) => {
        if (!isOver) setState({ kind: "problem", problem: problemOf(error) });
      },
    );
    return () => {
      isOver = true;
      closeStream(stream);
    };
  }, [kind, isWanted, deviceId, attempt]);
  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  return { state, retry };
}
