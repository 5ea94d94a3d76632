/** Where somebody is right now, in a word. */
import { Trans } from "@lingui/react/macro";
import type { AttendanceRow } from "@/lms/types";
import { Tag } from "@/ui/Tag";
import { presenceOf } from "./attendance.model";

export function PresenceTag({ row }: { row: AttendanceRow }) {
  switch (presenceOf(row)) {
    case "receiving":
      return (
        <Tag tone="good">
          <Trans>Đang dự</Trans>
        </Tag>
      );
    case "connected":
      return (
        <Tag tone="warn">
          <Trans>Trong phòng, chưa nhận được</Trans>
        </Tag>
      );
    case "left":
      return (
        <Tag>
          <Trans>Đã rời</Trans>
        </Tag>
      );
    case "absent":
      return (
        <Tag tone={row.replay.length > 0 ? "plain" : "bad"}>
          {row.replay.length > 0 ? <Trans>Chỉ xem lại</Trans> : <Trans>Vắng</Trans>}
        </Tag>
      );
  }
}
