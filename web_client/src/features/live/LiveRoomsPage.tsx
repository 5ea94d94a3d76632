/** Rooms that are live now in the units one manages: who is connected, who really receives. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "react-router";
import { useLiveRooms } from "@/lms/live";
import type { LiveRoom } from "@/lms/types";
import { DataTable } from "@/ui/DataTable";
import { Fetched } from "@/ui/Fetched";
import { formatTime } from "@/ui/format";
import { PageTitle, Panel } from "@/ui/Page";
import { EmptyState } from "@/ui/states";
import { Tag } from "@/ui/Tag";

export function LiveRoomsPage() {
  const { t } = useLingui();
  return (
    <>
      <PageTitle lead={<Trans>Tự cập nhật mỗi 5 giây.</Trans>} title={t`Đang diễn ra`} />
      <Panel>
        <Fetched query={useLiveRooms()}>
          {(rooms) =>
            rooms.length === 0 ? (
              <EmptyState icon="signal" title={t`Lúc này không có phòng nào đang mở`}>
                <Trans>Phòng hiện ở đây ngay khi người đầu tiên vào.</Trans>
              </EmptyState>
            ) : (
              <Rooms rooms={rooms} />
            )
          }
        </Fetched>
      </Panel>
    </>
  );
}

function Rooms({ rooms }: { rooms: LiveRoom[] }) {
  const { t } = useLingui();
  return (
    <DataTable
      caption={t`Các phòng đang mở`}
      columns={[
        {
          key: "title",
          title: t`Buổi`,
          isHeader: true,
          cell: (room) => (
            <>
              <Link to={`/sessions/${room.session_id}`}>{room.title}</Link>
              <div style={{ fontWeight: 400, fontSize: 14, color: "var(--ink-soft)" }}>{room.course_title}</div>
            </>
          ),
        },
        { key: "host", title: t`Chủ trì`, cell: (room) => room.host_name },
        { key: "since", title: t`Từ lúc`, cell: (room) => (room.zero_at ? formatTime(room.zero_at) : "—") },
        {
          key: "people",
          title: t`Có mặt`,
          cell: (room) => (
            <Trans>
              {room.connected_count} trên {room.enrolled_count} người
            </Trans>
          ),
        },
        { key: "receiving", title: t`Đang nhận được tiếng, hình`, isNumber: true, cell: (room) => room.receiving_count },
        {
          key: "recorded",
          title: t`Ghi hình`,
          cell: (room) => (room.is_recorded ? <Tag tone="live">{t`Đang ghi`}</Tag> : <Tag>{t`Không ghi`}</Tag>),
        },
      ]}
      rowKey={(room) => room.session_id}
      rows={rooms}
    />
  );
}
