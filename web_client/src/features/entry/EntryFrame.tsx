/** What the pages before login share: the brand, one card, the language switch. */
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Brand } from "@/ui/Brand";
import classes from "./EntryFrame.module.css";

export function EntryFrame({ children, corner }: { children: ReactNode; corner: ReactNode }) {
  return (
    <div className={classes.frame}>
      <header className={classes.side}>
        <Brand isOnDark size={40} />
        <p className={classes.promise}>
          <Trans>Họp, lớp học trực tuyến, bản ghi và việc tham dự của từng người: trên cùng một đồng hồ.</Trans>
        </p>
        <svg aria-hidden="true" className={classes.drawing} viewBox="0 0 400 120">
          <rect fill="#ffffff22" height="26" rx="13" width="400" y="20" />
          <rect fill="#9fd6d2" height="26" rx="13" width="170" y="20" />
          <rect fill="#9fd6d2" height="26" width="90" x="220" y="20" />
          <rect fill="#f2b84b" height="26" width="50" x="170" y="20" />
          <rect fill="#f2b84b" height="26" rx="13" width="90" x="310" y="20" />
          <path d="M170 62v18M220 62v18M310 62v18" stroke="#ffffff88" strokeWidth="2" />
        </svg>
      </header>
      <main className={classes.main}>
        <div className={classes.corner}>{corner}</div>
        <div className={classes.card}>{children}</div>
      </main>
    </div>
  );
}
