/** The chat of a room: messages in order of arrival, what is unread, and text cut into plain and link parts. */
import type { ChatMessage } from "@/livekit/room.view";

export interface ChatGroup {
  readonly key: string;
  readonly senderName: string;
  readonly isOwn: boolean;
  readonly at: number;
  readonly messages: readonly ChatMessage[];
}

export const LONGEST_MESSAGE = 2000;
const GROUP_MS = 120_000;

/** Messages of one person that follow closely stand under one name. */
export function grouped(messages: readonly ChatMessage[]): ChatGroup[] {
  const groups: ChatGroup[] = [];
  for (const message of messages) {
    const last = groups.at(-1);
    const before = last?.messages.at(-1);
    if (last && before && before.senderSid === message.senderSid && message.at - before.at < GROUP_MS) {
      groups[groups.length - 1] = { ...last, messages: [...last.messages, message] };
    } else {
      groups.push({
        key: message.id,
        senderName: message.senderName,
        isOwn: message.isOwn,
        at: message.at,
        messages: [message],
      });
    }
  }
  return groups;
}

export function unreadCount(messages: readonly ChatMessage[], readUpTo: number): number {
  return messages.slice(readUpTo).filter((message) => !message.isOwn).length;
}

/** What may be sent: trimmed, NFC (typed marks compare and search alike), not empty, not too long. */
export function sendable(text: string): string | null {
  const clean = text.normalize("NFC").trim();
  return clean.length > 0 && clean.length <= LONGEST_MESSAGE ? clean : null;
}

export interface TextPart {
  readonly text: string;
  readonly href: string | null;
}

const LINK = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/giu;

/** Only http and https become links; everything else stays text, so a message can never carry markup. */
export function parts(text: string): TextPart[] {
  const found: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    if (match.index > from) found.push({ text: text.slice(from, match.index), href: null });
    found.push({ text: match[0], href: match[0] });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ text: text.slice(from), href: null });
  return found;
}
