/** Ends a session for everybody, after one more question. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEndSession } from "@/lms/sessions";
import type { SessionView } from "@/lms/types";
import { Dialog } from "@/ui/Dialog";
import { Failed } from "@/ui/Fetched";
import { Icon } from "@/ui/Icon";
import { Button, Group, useDisclosure } from "@/ui/kit";

export function EndButton({ session }: { session: SessionView }) {
  const { t } = useLingui();
  const [isOpen, dialog] = useDisclosure(false);
  const end = useEndSession(session.id);
  return (
    <>
      <Button color="red" leftSection={<Icon name="leave" />} onClick={dialog.open} size="md" variant="outline">
        <Trans>Kết thúc buổi</Trans>
      </Button>
      <Dialog isOpen={isOpen} onClose={dialog.close} title={t`Kết thúc cho mọi người?`}>
        <p>
          <Trans>Mọi người sẽ rời phòng và buổi này không mở lại được. Bản xem lại có sau vài giây.</Trans>
        </p>
        {end.isError && <Failed error={end.error} />}
        <Group justify="flex-end" mt="md">
          <Button onClick={dialog.close} variant="default">
            <Trans>Chưa kết thúc</Trans>
          </Button>
          <Button color="red" loading={end.isPending} onClick={() => end.mutate(undefined, { onSuccess: dialog.close })}>
            <Trans>Kết thúc</Trans>
          </Button>
        </Group>
      </Dialog>
    </>
  );
}
