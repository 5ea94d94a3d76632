/** What the others will see, mirrored as people know themselves, with the two switches on it. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useRef } from "react";
import { Icon } from "@/ui/Icon";
import classes from "./Prejoin.module.css";
import type { PreviewState } from "./usePreview";

interface Props {
  camera: PreviewState;
  microphone: PreviewState;
  onCamera: () => void;
  onMicrophone: () => void;
}

export function CameraPreview({ camera, microphone, onCamera, onMicrophone }: Props) {
  const { t } = useLingui();
  const isCameraOn = camera.kind === "on" || camera.kind === "asking";
  const isMicrophoneOn = microphone.kind === "on" || microphone.kind === "asking";
  return (
    <div className={classes.preview} data-camera={camera.kind} data-testid="preview">
      {camera.kind === "on" ? <Mirror stream={camera.stream} /> : <NoPicture camera={camera} />}
      <div className={classes.switches}>
        <button
          aria-label={t`Micro`}
          aria-pressed={isMicrophoneOn}
          data-off={!isMicrophoneOn || undefined}
          data-testid="prejoin-microphone"
          onClick={onMicrophone}
          type="button"
        >
          <Icon name={isMicrophoneOn ? "mic" : "micOff"} size={22} />
        </button>
        <button
          aria-label={t`Camera`}
          aria-pressed={isCameraOn}
          data-off={!isCameraOn || undefined}
          data-testid="prejoin-camera"
          onClick={onCamera}
          type="button"
        >
          <Icon name={isCameraOn ? "camera" : "cameraOff"} size={22} />
        </button>
      </div>
    </div>
  );
}

function Mirror({ stream }: { stream: MediaStream }) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (element.current) element.current.srcObject = stream;
  }, [stream]);
  return <video autoPlay className={classes.mirror} data-testid="mirror" muted playsInline ref={element} />;
}

function NoPicture({ camera }: { camera: PreviewState }) {
  return (
    <p className={classes.noPicture} role="status">
      {camera.kind === "asking" ? (
        <Trans>Trình duyệt đang hỏi quyền dùng camera và micro. Hãy bấm “Cho phép”.</Trans>
      ) : camera.kind === "off" ? (
        <Trans>Camera đang tắt</Trans>
      ) : (
        <Trans>Không có hình</Trans>
      )}
    </p>
  );
}
