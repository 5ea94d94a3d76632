/** A dialog with a named close button. */

import { useLingui } from "@lingui/react/macro";
import { Modal } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  isWide?: boolean;
}

export function Dialog({ title, isOpen, onClose, children, isWide = false }: Props) {
  const { t } = useLingui();
  return (
    <Modal
      centered
      closeButtonProps={{ "aria-label": t`Đóng` }}
      onClose={onClose}
      opened={isOpen}
      size={isWide ? "lg" : "md"}
      styles={{ title: { fontWeight: 650, fontSize: 18 } }}
      title={title}
    >
      {children}
    </Modal>
  );
}
