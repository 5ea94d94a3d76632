/** Why there is no camera or no microphone, what to do, and that one can enter all the same. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { DeviceProblem } from "@/livekit/devices";
import { Icon } from "@/ui/Icon";
import { Button } from "@/ui/kit";
import classes from "./Prejoin.module.css";
import type { Preview } from "./usePreview";

interface Props {
  camera: Preview;
  microphone: Preview;
}

export function ProblemNote({ camera, microphone }: Props) {
  const words = useWords();
  const cameraProblem = camera.state.kind === "problem" ? camera.state.problem : null;
  const microphoneProblem = microphone.state.kind === "problem" ? microphone.state.problem : null;
  if (!cameraProblem && !microphoneProblem) return null;
  const isBoth = cameraProblem === microphoneProblem;
  const retry = () => {
    if (cameraProblem) camera.retry();
    if (microphoneProblem) microphone.retry();
  };
  return (
    <div className={classes.problem} data-testid="device-problem" role="alert">
      <Icon name="alert" />
      <div>
        {isBoth && cameraProblem ? (
          <p>{words(cameraProblem, "both")}</p>
        ) : (
          <>
            {microphoneProblem && <p>{words(microphoneProblem, "microphone")}</p>}
            {cameraProblem && <p>{words(cameraProblem, "camera")}</p>}
          </>
        )}
        <Button onClick={retry} size="compact-md" variant="default">
          <Trans>Thử lại</Trans>
        </Button>
      </div>
    </div>
  );
}

function useWords() {
  const { t } = useLingui();
  const what = (device: "both" | "microphone" | "camera") =>
    ({ both: t`camera và micro`, microphone: t`micro`, camera: t`camera` })[device];
  return (problem: DeviceProblem, device: "both" | "microphone" | "camera"): string => {
    const name = what(device);
    return {
      denied: t`Trình duyệt chưa được phép dùng ${name}. Bấm vào biểu tượng bên trái địa chỉ trang, chọn “Cho phép”, rồi thử lại. Bạn vẫn có thể vào để nghe.`,
      missing: t`Không tìm thấy ${name} trên máy này. Bạn vẫn có thể vào để nghe.`,
      busy: t`Chương trình khác đang dùng ${name}. Hãy đóng chương trình đó rồi thử lại.`,
      insecure: t`Trình duyệt chỉ cho dùng ${name} trên địa chỉ https. Bạn vẫn có thể vào để nghe.`,
      failed: t`Không mở được ${name}. Hãy rút ra cắm lại rồi thử lại.`,
    }[problem];
  };
}
