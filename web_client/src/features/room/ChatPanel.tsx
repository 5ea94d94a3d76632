/** The chat. New messages scroll into sight only for somebody already at the end; others are told how many came. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import type { ChatMessage } from "@/livekit/room.view";
import { formatTime } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { type ChatGroup, grouped, LONGEST_MESSAGE, parts, sendable } from "./chat.model";
import classes from "./Panel.module.css";

interface Props {
  messages: readonly ChatMessage[];
  onSend: (text: string) => Promise<void>;
}

const AT_END_PX = 40;

export function ChatPanel({ messages, onSend }: Props) {
  const { t } = useLingui();
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [seen, setSeen] = useState(messages.length);
  const count = messages.length;
  useEffect(() => {
    if (!isAtEnd.current) return;
    list.current?.scrollTo({ top: list.current.scrollHeight });
    setSeen(count);
  }, [count]);
  const onScroll = () => {
    const box = list.current;
    if (!box) return;
    isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < AT_END_PX;
    if (isAtEnd.current) setSeen(count);
  };
  const toEnd = () => list.current?.scrollTo({ top: list.current.scrollHeight });
  const fresh = count - seen;
  return (
    <div className={classes.body}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling list must be reachable by keyboard */}
      <div aria-label={t`Tin nhắn`} className={classes.log} onScroll={onScroll} ref={list} role="log" tabIndex={0}>
        {count === 0 && (
          <p className={classes.empty}>
            <Trans>Chưa có tin nhắn. Mọi người trong phòng đều đọc được những gì bạn viết ở đây.</Trans>
          </p>
        )}
        {grouped(messages).map((group) => (
          <Group group={group} key={group.key} />
        ))}
      </div>
      {fresh > 0 && (
        <button className={classes.fresh} onClick={toEnd} type="button">
          <Plural other="# tin nhắn mới" value={fresh} />
        </button>
      )}
      <Composer onSend={onSend} />
    </div>
  );
}

function Group({ group }: { group: ChatGroup }) {
  return (
    <div className={classes.group} data-own={group.isOwn || undefined}>
      <p className={classes.groupHead}>
        <b>{group.isOwn ? <Trans>Bạn</Trans> : group.senderName}</b>{" "}
        <time className={classes.soft}>{formatTime(new Date(group.at).toISOString())}</time>
      </p>
      {group.messages.map((message) => (
        <p className={classes.message} data-testid="chat-message" key={message.id}>
          {parts(message.text).map((part, index) =>
            part.href ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text never move
              <a href={part.href} key={index} rel="noopener noreferrer nofollow" target="_blank">
                {part.text}
              </a>
            ) : (
              part.text
            ),
          )}
        </p>
      ))}
    </div>
  );
}

function Composer({ onSend }: { onSend: (text: string) => Promise<void> }) {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const [hasFailed, setFailed] = useState(false);
  const ready = sendable(text);
  const send = async () => {
    if (ready === null) return;
    setFailed(false);
    try {
      await onSend(ready);
      setText("");
    } catch {
      setFailed(true);
    }
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  return (
    <form
      className={classes.composer}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {hasFailed && (
        <p className={classes.failed} role="alert">
          <Trans>Chưa gửi được. Hãy thử lại.</Trans>
        </p>
      )}
      <textarea
        aria-label={t`Viết tin nhắn`}
        data-testid="chat-input"
        maxLength={LONGEST_MESSAGE}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        placeholder={t`Nhắn cho mọi người`}
        rows={2}
        value={text}
      />
      <button aria-label={t`Gửi`} data-testid="chat-send" disabled={ready === null} type="submit">
        <Icon name="send" size={20} />
      </button>
    </form>
  );
}
