/** What was written in the chat, each line at its second; pressing a line goes there. */
import { Trans } from "@lingui/react/macro";
import type { Archive } from "@/lms/types";
import { formatClock } from "@/ui/format";
import classes from "./Replay.module.css";

interface Props {
  lines: NonNullable<Archive["chat"]>;
  second: number;
  onSeek: (second: number) => void;
}

export function ReplayChat({ lines, second, onSeek }: Props) {
  if (lines.length === 0) return null;
  return (
    <section aria-labelledby="replay-chat-title" className={classes.chat}>
      <h2 id="replay-chat-title">
        <Trans>Trò chuyện trong buổi học</Trans>
      </h2>
      <ol data-testid="replay-chat">
        {lines.map((line) => (
          <li data-past={line.at_s <= second || undefined} key={`${line.at_s}${line.name}${line.text}`}>
            <button onClick={() => onSeek(line.at_s)} type="button">
              <time>{formatClock(line.at_s)}</time>
              <span>
                <b>{line.name}</b> {line.text}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
