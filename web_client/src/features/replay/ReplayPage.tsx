/** The replay of a session: its states before there is anything to play, then player, coverage and chat. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useCallback, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { currentLocale } from "@/i18n/i18n";
import { asApiError } from "@/lms/errors";
import { useMe } from "@/lms/me";
import { useCoverage, useCoverageUpdate, useReplay } from "@/lms/sessions";
import type { EvidenceAnswer, ReplayView } from "@/lms/types";
import { formatClock } from "@/ui/format";
import { Button } from "@/ui/kit";
import { PageTitle } from "@/ui/Page";
import { EmptyState, ErrorState, Loading } from "@/ui/states";
import { canReplay } from "./Feeder";
import { worthPlaying } from "./player.model";
import classes from "./Replay.module.css";
import { ReplayChat } from "./ReplayChat";
import { ReplayCoverage } from "./ReplayCoverage";
import { ReplayPlayer } from "./ReplayPlayer";
import { useMissedStart } from "./useMissedStart";
import { type Player, usePlayback, useStage } from "./usePlayback";

export function ReplayPage({ sessionId }: { sessionId: string }) {
  const { t } = useLingui();
  const replay = useReplay(sessionId);
  const me = useMe();
  if (replay.isPending || me.isPending) return <Loading />;
  if (replay.isError) {
    const error = asApiError(replay.error);
    return (
      <>
        <PageTitle title={t`Xem lại`} />
        <ErrorState code={error.code} message={error.in(currentLocale())} onRetry={() => void replay.refetch()} />
      </>
    );
  }
  const { data } = replay;
  return (
    <>
      <PageTitle
        actions={
          <Button component={Link} to={`/sessions/${sessionId}`} variant="default">
            <Trans>Trang buổi học</Trans>
          </Button>
        }
        eyebrow={data.state === "live" ? t`Xem lại khi buổi học đang diễn ra` : t`Xem lại`}
        title={data.title}
      />
      {data.manifest && data.state !== "failed" && canReplay() ? (
        <Watch personId={me.data?.id ?? ""} replay={data} />
      ) : (
        <NothingYet state={data.state} />
      )}
    </>
  );
}

function NothingYet({ state }: { state: ReplayView["state"] }) {
  const { t } = useLingui();
  if (!canReplay()) return <EmptyState icon="alert" title={t`Trình duyệt này quá cũ để xem lại. Hãy cập nhật trình duyệt.`} />;
  if (state === "none") return <EmptyState icon="record" title={t`Buổi này chưa có bản ghi.`} />;
  if (state === "failed") return <EmptyState icon="alert" title={t`Bản ghi bị hỏng. Người quản trị đã được báo.`} />;
  return (
    <div data-testid="replay-preparing">
      <EmptyState icon="clock" title={t`Bản ghi đang được chuẩn bị, thường chỉ mất vài giây.`}>
        <Trans>Trang này tự cập nhật.</Trans>
      </EmptyState>
    </div>
  );
}

function Watch({ replay, personId }: { replay: ReplayView; personId: string }) {
  const [query] = useSearchParams();
  const [startAt] = useState(() => (query.has("t") ? Math.max(0, Number(query.get("t")) || 0) : null));
  const coverage = useCoverage(replay.session_id, replay.state === "live");
  const remember = useCoverageUpdate(replay.session_id);
  const onAnswer = useCallback((answer: EvidenceAnswer) => remember(answer), [remember]);
  const stage = useStage();
  const player = usePlayback(stage, { replay, personId, startAt, onAnswer });
  const proven = coverage.data ?? replay.coverage;
  const current = { ...replay, coverage: proven };
  useMissedStart(player, query.get("missed") === "1", worthPlaying(proven.missing));
  return (
    <div className={classes.page}>
      <ReplayPlayer player={player} replay={current} stage={stage} />
      <Resumed player={player} />
      <ReplayCoverage coverage={proven} duration={player.view.duration} player={player} />
      <ReplayChat
        lines={replay.manifest?.chat ?? []}
        onSeek={(second) => player.playback?.seek(second)}
        second={player.view.wholeSecond}
      />
    </div>
  );
}

function Resumed({ player }: { player: Player }) {
  const [isSeen, setSeen] = useState(false);
  if (player.resumedAt === null || isSeen) return null;
  const place = formatClock(player.resumedAt);
  const restart = () => {
    player.playback?.seek(0);
    setSeen(true);
  };
  return (
    <p className={classes.resumed} data-testid="resumed">
      <Trans>Tiếp tục từ {place}, nơi bạn dừng lần trước.</Trans>
      <Button onClick={restart} size="compact-sm" variant="subtle">
        <Trans>Xem từ đầu</Trans>
      </Button>
    </p>
  );
}
