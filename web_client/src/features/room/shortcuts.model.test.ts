// @vitest-environment node
import { describe, expect, it } from "vitest";
import { commandOf, isTypingIn, type Key } from "./shortcuts.model";

function key(code: string, rest: Partial<Key> = {}): Key {
  const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  return { code, ...none, isComposing: false, repeat: false, ...rest };
}

describe("shortcuts of the room", () => {
  it.each([
    ["KeyM", "microphone"],
    ["KeyV", "camera"],
    ["KeyD", "screen"],
    ["KeyC", "chat"],
    ["KeyP", "people"],
  ])("%s means %s", (code, command) => {
    expect(commandOf(key(code), false)).toBe(command);
  });

  it("leaves letters alone while somebody types or composes", () => {
    expect(commandOf(key("KeyM"), true)).toBeNull();
    expect(commandOf(key("KeyM", { isComposing: true }), false)).toBeNull();
    expect(commandOf(key("Escape"), true)).toBe("close");
  });

  it("keeps the control combinations even while typing, and no others", () => {
    expect(commandOf(key("KeyD", { ctrlKey: true }), true)).toBe("microphone");
    expect(commandOf(key("KeyE", { metaKey: true }), true)).toBe("camera");
    expect(commandOf(key("KeyC", { ctrlKey: true }), false)).toBeNull();
    expect(commandOf(key("KeyM", { ctrlKey: true, shiftKey: true }), false)).toBeNull();
    expect(commandOf(key("KeyM", { altKey: true }), false)).toBeNull();
  });

  it("acts once for a key held down", () => {
    expect(commandOf(key("KeyM", { repeat: true }), false)).toBeNull();
  });

  it("knows a field when it sees one", () => {
    expect(isTypingIn("TEXTAREA", false)).toBe(true);
    expect(isTypingIn("DIV", true)).toBe(true);
    expect(isTypingIn("BUTTON", false)).toBe(false);
    expect(isTypingIn(undefined, false)).toBe(false);
  });
});
