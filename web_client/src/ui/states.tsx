/** The three faces of a page that has no data to show: still coming, nothing there, went wrong. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { Icon, type IconName } from "./Icon";
import { Button, Skeleton } from "./kit";
import classes from "./states.module.css";

const BAR_WIDTHS = ["46%", "88%", "79%", "70%", "61%", "84%", "52%", "75%"];

export function Loading({ lines = 4 }: { lines?: number }) {
  const { t } = useLingui();
  return (
    <div aria-busy="true" className={classes.loading} role="status">
      <span className="visually-hidden">{t`Đang tải…`}</span>
      {BAR_WIDTHS.slice(0, lines).map((width, index) => (
        <Skeleton height={index === 0 ? 28 : 18} key={width} mb={12} radius="sm" width={width} />
      ))}
    </div>
  );
}

interface EmptyProps {
  icon?: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ icon = "info", title, children, action }: EmptyProps) {
  return (
    <div className={classes.empty}>
      <span className={classes.emptyMark}>
        <Icon name={icon} size={26} />
      </span>
      <p className={classes.emptyTitle}>{title}</p>
      {children && <div className={classes.emptyText}>{children}</div>}
      {action}
    </div>
  );
}

interface ErrorProps {
  message: string;
  code?: string;
  onRetry?: () => void;
  children?: ReactNode;
}

/** What is not there will not be there after another try: that one is led away instead. */
export function ErrorState({ message, code, onRetry, children }: ErrorProps) {
  const isMissing = code?.endsWith("_not_found") ?? false;
  return (
    <div className={classes.error} role="alert">
      <span className={classes.errorMark}>
        <Icon name="alert" size={24} />
      </span>
      <div>
        <p className={classes.errorText}>{message}</p>
        {code && (
          <p className={classes.code}>
            <Trans>Mã lỗi: {code}</Trans>
          </p>
        )}
        {children}
        {isMissing && (
          <Button component={Link} leftSection={<Icon name="home" size={18} />} mt="sm" to="/" variant="default">
            <Trans>Về trang hôm nay</Trans>
          </Button>
        )}
        {onRetry && !isMissing && (
          <Button leftSection={<Icon name="refresh" size={18} />} mt="sm" onClick={onRetry} variant="default">
            <Trans>Thử lại</Trans>
          </Button>
        )}
      </div>
    </div>
  );
}
