/** The replay card. It changes by itself: recording, being prepared, ready seconds after the end. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "react-router";
import type { SessionView } from "@/lms/types";
import { formatClock } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { Button, Loader } from "@/ui/kit";
import { Panel } from "@/ui/Page";
import classes from "./ReplayPanel.module.css";

export function ReplayPanel({ session }: { session: SessionView }) {
  const { t } = useLingui();
  return (
    <Panel title={t`Bản xem lại`}>
      <div aria-live="polite" className={classes.state} data-replay={session.replay}>
        <ReplayStateBlock session={session} />
      </div>
    </Panel>
  );
}

function ReplayStateBlock({ session }: { session: SessionView }) {
  if (session.replay === "ready") return <Ready session={session} />;
  if (session.replay === "failed") {
    return (
      <>
        <span className={classes.badMark}>
          <Icon name="alert" size={26} />
        </span>
        <p className={classes.text}>
          <Trans>Bản ghi của buổi này bị lỗi nên không xem lại được. Phần bạn đã dự trực tiếp vẫn được tính.</Trans>
        </p>
      </>
    );
  }
  if (session.state === "live") {
    return (
      <>
        <span className={classes.recording} />
        <p className={classes.text}>
          <Trans>Đang ghi hình. Vào muộn vẫn xem lại được phần đầu ngay trong lúc buổi học diễn ra.</Trans>
        </p>
        {session.replay === "live" && (
          <Button component={Link} leftSection={<Icon name="rewind" />} to={`/sessions/${session.id}/replay`} variant="default">
            <Trans>Xem từ đầu</Trans>
          </Button>
        )}
      </>
    );
  }
  return (
    <>
      <Loader aria-hidden="true" size="sm" />
      <p className={classes.text}>
        <Trans>Đang hoàn tất bản xem lại, thường chỉ mất vài giây…</Trans>
      </p>
    </>
  );
}

function Ready({ session }: { session: SessionView }) {
  const missing = session.missing_s ?? 0;
  return (
    <>
      <span className={classes.mark}>
        <Icon name="play" size={26} />
      </span>
      <p className={classes.text}>
        <strong>
          <Trans>Đã có bản xem lại, dài {formatClock(session.duration_s)}.</Trans>
        </strong>
        {missing >= 1 && (
          <>
            {" "}
            <Trans>Bạn còn thiếu {formatClock(missing)}.</Trans>
          </>
        )}
      </p>
      <div className={classes.buttons}>
        {missing >= 1 && (
          <Button component={Link} leftSection={<Icon name="forward" />} to={`/sessions/${session.id}/replay?missed=1`}>
            <Trans>Xem phần bạn đã lỡ</Trans>
          </Button>
        )}
        <Button
          component={Link}
          leftSection={<Icon name="play" />}
          to={`/sessions/${session.id}/replay`}
          variant={missing >= 1 ? "default" : "filled"}
        >
          <Trans>Xem lại từ đầu</Trans>
        </Button>
      </div>
    </>
  );
}
