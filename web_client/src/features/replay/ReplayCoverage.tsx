/** What is proven of one's attendance at this session, and the way to close what is missing. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { CoverageView } from "@/lms/types";
import { CoverageBar } from "@/ui/CoverageBar";
import { formatClock, formatPercent } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { Button } from "@/ui/kit";
import { intersect, length } from "./intervals.model";
import type { PlaybackView } from "./playback.view";
import { worthPlaying } from "./player.model";
import pageClasses from "./Replay.module.css";
import type { Player } from "./usePlayback";

interface Props {
  coverage: CoverageView;
  player: Player;
  duration: number;
}

export function ReplayCoverage({ coverage, player, duration }: Props) {
  const { t } = useLingui();
  const { playback, view } = player;
  const missed = worthPlaying(intersect(coverage.missing, [[0, duration]]));
  const percent = formatPercent(coverage.coverage_percent);
  const amount = formatClock(Math.ceil(length(missed)));
  return (
    <section
      aria-labelledby="coverage-title"
      className={pageClasses.coverage}
      data-percent={coverage.coverage_percent.toFixed(2)}
      data-testid="my-coverage"
    >
      <div className={pageClasses.coverageHead}>
        <h2 id="coverage-title">
          <Trans>Bạn đã dự {percent} buổi này</Trans>
        </h2>
        <MissedAction
          amount={amount}
          hasMissed={missed.length > 0}
          onStop={() => playback?.playMissed(null)}
          onWatch={() => playback?.playMissed(missed)}
          view={view}
        />
      </div>
      <CoverageBar
        durationS={Math.max(duration, coverage.duration_s)}
        hasLegend
        live={coverage.live}
        missing={coverage.missing}
        onSeek={(second) => playback?.seek(second)}
        positionS={view.wholeSecond}
        replay={coverage.replay}
      />
      {view.missed && (
        <p className={pageClasses.hint} role="status">
          {t`Chỉ phát những đoạn bạn còn thiếu; các đoạn khác được bỏ qua.`}
        </p>
      )}
    </section>
  );
}

interface ActionProps {
  view: PlaybackView;
  hasMissed: boolean;
  amount: string;
  onWatch: () => void;
  onStop: () => void;
}

function MissedAction({ view, hasMissed, amount, onWatch, onStop }: ActionProps) {
  if (view.missed && view.state !== "ended") {
    return (
      <Button data-testid="stop-missed" onClick={onStop} variant="default">
        <Trans>Xem liền mạch</Trans>
      </Button>
    );
  }
  if (!hasMissed) {
    return (
      <span className={pageClasses.complete} data-testid="nothing-missed">
        <Icon name="check" />
        <Trans>Không thiếu đoạn nào</Trans>
      </span>
    );
  }
  return (
    <Button data-testid="watch-missed" leftSection={<Icon name="play" size={18} />} onClick={onWatch}>
      <Trans>Xem phần bạn thiếu ({amount})</Trans>
    </Button>
  );
}
