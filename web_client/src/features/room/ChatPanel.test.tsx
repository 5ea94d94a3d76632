import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ChatMessage } from "@/livekit/room.view";
import { ChatPanel } from "./ChatPanel";

function message(id: string, text: string): ChatMessage {
  return { id, senderSid: "PA_an", senderName: "An", isOwn: false, text, at: 0 };
}

function show(messages: ChatMessage[], onSend: (text: string) => Promise<void>) {
  return render(
    <I18nProvider i18n={i18n}>
      <ChatPanel messages={messages} onSend={onSend} />
    </I18nProvider>,
  );
}

afterEach(cleanup);

describe("the chat", () => {
  it("shows markup as text and web addresses as safe links", () => {
    show([message("1", "<img src=x onerror=alert(1)> https://so.edu.vn")], async () => {});
    expect(screen.getByTestId("chat-message").textContent).toContain("<img src=x");
    expect(document.querySelector("img")).toBeNull();
    const link = screen.getByRole("link");
    expect(link.getAttribute("href")).toBe("https://so.edu.vn");
    expect(link.getAttribute("rel")).toContain("noopener");
  });

  it("sends with Enter, goes on a line with Shift, and empties the field", async () => {
    const onSend = vi.fn(async (_: string) => {});
    show([], onSend);
    const user = userEvent.setup();
    const field = screen.getByTestId<HTMLTextAreaElement>("chat-input");
    await user.type(field, "dòng một{Shift>}{Enter}{/Shift}dòng hai{Enter}");
    expect(onSend.mock.calls).toEqual([["dòng một\ndòng hai"]]);
    expect(field.value).toBe("");
  });

  it("does not send while an input method composes", () => {
    const onSend = vi.fn(async (_: string) => {});
    show([], onSend);
    const field = screen.getByTestId("chat-input");
    fireEvent.change(field, { target: { value: "chà" } });
    fireEvent.keyDown(field, { key: "Enter", isComposing: true });
    expect(onSend).not.toHaveBeenCalled();
  });

  it("keeps the text and says so when it could not be sent", async () => {
    show([], () => Promise.reject(new Error("line")));
    const user = userEvent.setup();
    await user.type(screen.getByTestId("chat-input"), "xin chào{Enter}");
    expect(await screen.findByRole("alert")).toBeTruthy();
    expect(screen.getByTestId<HTMLTextAreaElement>("chat-input").value).toBe("xin chào");
  });

  it("has nothing to send when the field is empty", () => {
    show([], async () => {});
    expect(screen.getByTestId<HTMLButtonElement>("chat-send").disabled).toBe(true);
  });
});
