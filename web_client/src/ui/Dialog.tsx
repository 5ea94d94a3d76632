/** A dialog with a named close button. */

import { useLingui } from "@lingui/react/macro";
import { Modal } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import classes from "./Dialog.module.css";

interface Props {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  isWide?: boolean;
}

export function Dialog({ title, isOpen, onClose, children, isWide = false }: Props) {
  const { t } = useLingui();
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // a dialog that is taken away whole cannot give the focus back by itself
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    },
    [opener],
  );
  return (
    <Modal.Root centered onClose={onClose} opened={isOpen} size={isWide ? "lg" : "md"}>
      <Modal.Overlay />
      <Modal.Content>
        {/* not the kit's own header element, which would be a second banner of the page */}
        <div className={classes.head}>
          <Modal.Title className={classes.title}>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t`Đóng`} />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
