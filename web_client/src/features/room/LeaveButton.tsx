/** Leaving: at once for most; a host also may end the session for everyone, after being asked once more. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Icon } from "@/ui/Icon";
import { Button, Group, Menu, Modal, Text } from "@/ui/kit";
import classes from "./ControlBar.module.css";

interface Props {
  mayEnd: boolean;
  onLeave: () => void;
  onEnd: () => Promise<void>;
}

export function LeaveButton({ mayEnd, onLeave, onEnd }: Props) {
  const { t } = useLingui();
  const [isAsking, setAsking] = useState(false);
  const face = (
    <>
      <span className={classes.mark}>
        <Icon name="leave" size={22} />
      </span>
      <span className={classes.label}>{t`Rời`}</span>
    </>
  );
  if (!mayEnd) {
    return (
      <button aria-label={t`Rời phòng`} className={classes.leave} data-testid="leave" onClick={onLeave} type="button">
        {face}
      </button>
    );
  }
  return (
    <>
      <Menu position="top-end" withinPortal>
        <Menu.Target>
          <button aria-label={t`Rời phòng hoặc kết thúc`} className={classes.leave} data-testid="leave" type="button">
            {face}
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item data-testid="leave-only" onClick={onLeave}>
            <Trans>Rời phòng, buổi học vẫn tiếp tục</Trans>
          </Menu.Item>
          <Menu.Item color="red" data-testid="end-for-all" onClick={() => setAsking(true)}>
            <Trans>Kết thúc cho mọi người…</Trans>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <EndDialog isOpen={isAsking} onClose={() => setAsking(false)} onEnd={onEnd} />
    </>
  );
}

interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  onEnd: () => Promise<void>;
}

function EndDialog({ isOpen, onClose, onEnd }: DialogProps) {
  const { t } = useLingui();
  const [isBusy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    try {
      await onEnd();
    } finally {
      setBusy(false);
      onClose();
    }
  };
  return (
    <Modal
      centered
      closeButtonProps={{ "aria-label": t`Đóng` }}
      onClose={onClose}
      opened={isOpen}
      title={<b>{t`Kết thúc buổi học?`}</b>}
    >
      <Text mb="lg">
        <Trans>Mọi người sẽ rời phòng. Bản ghi (nếu có) sẵn sàng để xem lại sau vài giây.</Trans>
      </Text>
      <Group justify="flex-end">
        <Button onClick={onClose} variant="default">
          <Trans>Chưa</Trans>
        </Button>
        <Button color="red" data-testid="end-confirm" loading={isBusy} onClick={() => void end()}>
          <Trans>Kết thúc cho mọi người</Trans>
        </Button>
      </Group>
    </Modal>
  );
}
