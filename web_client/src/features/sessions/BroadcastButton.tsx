/** Address and token with which OBS sends into the session, to be copied. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useBroadcast } from "@/lms/sessions";
import type { Broadcast, SessionView } from "@/lms/types";
import { CopyField } from "@/ui/CopyField";
import { Dialog } from "@/ui/Dialog";
import { Failed } from "@/ui/Fetched";
import { formatDay, formatTime } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { Button, Skeleton, Stack, useDisclosure } from "@/ui/kit";

export function BroadcastButton({ session }: { session: SessionView }) {
  const { t } = useLingui();
  const [isOpen, dialog] = useDisclosure(false);
  const broadcast = useBroadcast(session.id);
  const open = () => {
    broadcast.mutate();
    dialog.open();
  };
  return (
    <>
      <Button leftSection={<Icon name="signal" />} onClick={open} size="md" variant="default">
        <Trans>Phát từ OBS</Trans>
      </Button>
      <Dialog isOpen={isOpen} isWide onClose={dialog.close} title={t`Phát từ OBS`}>
        {broadcast.isError && <Failed error={broadcast.error} />}
        {broadcast.isPending && <Skeleton h={180} />}
        {broadcast.data && <Given broadcast={broadcast.data} />}
      </Dialog>
    </>
  );
}

function Given({ broadcast }: { broadcast: Broadcast }) {
  const { t } = useLingui();
  const until = `${formatTime(broadcast.expires_at)}, ${formatDay(broadcast.expires_at)}`;
  return (
    <Stack>
      <p>
        <Trans>
          Trong OBS, mở Cài đặt → Luồng phát, chọn dịch vụ WHIP rồi dán địa chỉ và mã truy cập. Dùng bộ mã hóa H.264, không có
          khung B.
        </Trans>
      </p>
      <CopyField label={t`Địa chỉ (Máy chủ)`} value={broadcast.url} />
      <CopyField label={t`Mã truy cập (Bearer Token)`} value={broadcast.token} />
      <p>
        <Trans>Mã dùng được đến {until}. Ai có mã đều phát được vào buổi này: đừng gửi cho người khác.</Trans>
      </p>
    </Stack>
  );
}
