/** State, recording and replay of a session in words. */
import { Trans } from "@lingui/react/macro";
import type { SessionFacts } from "./session.model";
import { Tag } from "./Tag";

export function StateTag({ state }: { state: SessionFacts["state"] }) {
  if (state === "live") {
    return (
      <Tag tone="live">
        <Trans>Đang diễn ra</Trans>
      </Tag>
    );
  }
  return <Tag>{state === "scheduled" ? <Trans>Sắp diễn ra</Trans> : <Trans>Đã kết thúc</Trans>}</Tag>;
}

export function ReplayTag({ replay }: { replay: SessionFacts["replay"] }) {
  switch (replay) {
    case "ready":
      return (
        <Tag tone="good">
          <Trans>Có bản xem lại</Trans>
        </Tag>
      );
    case "preparing":
      return (
        <Tag tone="warn">
          <Trans>Đang chuẩn bị bản xem lại</Trans>
        </Tag>
      );
    case "failed":
      return (
        <Tag tone="bad">
          <Trans>Bản ghi bị lỗi</Trans>
        </Tag>
      );
    default:
      return null;
  }
}
