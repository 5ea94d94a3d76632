/** Says in plain words why a device cannot be used and what to do about it. */
import { useLingui } from "@lingui/react/macro";
import type { Trouble } from "./useLiveRoom";

export function useTroubleText({ device, problem }: Trouble): string {
  const { t } = useLingui();
  if (device === "screen") return t`Không chia sẻ được màn hình. Hãy thử lại hoặc chọn cửa sổ khác.`;
  const isMicrophone = device === "microphone";
  switch (problem) {
    case "denied":
      return isMicrophone
        ? t`Trình duyệt chưa cho dùng micro. Bấm vào biểu tượng cạnh thanh địa chỉ để cho phép, rồi bật lại.`
        : t`Trình duyệt chưa cho dùng camera. Bấm vào biểu tượng cạnh thanh địa chỉ để cho phép, rồi bật lại.`;
    case "missing":
      return isMicrophone
        ? t`Không tìm thấy micro. Bạn vẫn nghe và xem được.`
        : t`Không tìm thấy camera. Bạn vẫn nghe và xem được.`;
    case "busy":
      return isMicrophone
        ? t`Micro đang được chương trình khác dùng. Hãy đóng chương trình đó rồi bật lại.`
        : t`Camera đang được chương trình khác dùng. Hãy đóng chương trình đó rồi bật lại.`;
    default:
      return isMicrophone ? t`Không bật được micro. Hãy thử lại.` : t`Không bật được camera. Hãy thử lại.`;
  }
}
