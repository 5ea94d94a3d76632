// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { ChatMessage } from "@/livekit/room.view";
import { grouped, LONGEST_MESSAGE, parts, sendable, unreadCount } from "./chat.model";

function message(id: string, senderSid: string, at: number, isOwn = false): ChatMessage {
  return { id, senderSid, senderName: senderSid, isOwn, text: id, at };
}

describe("chat", () => {
  it("puts close messages of one person under one name", () => {
    const messages = [message("1", "an", 0), message("2", "an", 5000), message("3", "binh", 6000), message("4", "an", 7000)];
    expect(grouped(messages).map((group) => group.messages.length)).toEqual([2, 1, 1]);
    expect(grouped([message("1", "an", 0), message("2", "an", 600_000)])).toHaveLength(2);
  });

  it("does not count one's own messages as unread", () => {
    expect(unreadCount([message("1", "an", 0), message("2", "me", 1, true), message("3", "an", 2)], 1)).toBe(1);
  });

  it("sends trimmed, composed text and refuses empty and endless ones", () => {
    expect(sendable("  Chào cô  ")).toBe("Chào cô".normalize("NFC"));
    expect(sendable("Chào".normalize("NFD"))).toBe("Chào".normalize("NFC"));
    expect(sendable("   ")).toBeNull();
    expect(sendable("x".repeat(LONGEST_MESSAGE + 1))).toBeNull();
  });

  it("links web addresses and nothing else", () => {
    expect(parts("xem https://so.edu.vn/a?b=1. Cảm ơn")).toEqual([
      { text: "xem ", href: null },
      { text: "https://so.edu.vn/a?b=1", href: "https://so.edu.vn/a?b=1" },
      { text: ". Cảm ơn", href: null },
    ]);
    expect(parts("javascript:alert(1) <b>x</b>").every((part) => part.href === null)).toBe(true);
    expect(parts("")).toEqual([]);
  });
});
