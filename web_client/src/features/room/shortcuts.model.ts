/**
 * The keys of the room. Single letters act only while nobody is typing or composing (WCAG 2.1.4), and are told
 * by the place of the key, so that a Vietnamese input method does not change them.
 */
export type RoomCommand = "microphone" | "camera" | "screen" | "chat" | "people" | "view" | "close";

export interface Key {
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly isComposing: boolean;
  readonly repeat: boolean;
}

export const ROOM_KEYS: readonly { readonly code: string; readonly command: RoomCommand }[] = [
  { code: "KeyM", command: "microphone" },
  { code: "KeyV", command: "camera" },
  { code: "KeyD", command: "screen" },
  { code: "KeyC", command: "chat" },
  { code: "KeyP", command: "people" },
  { code: "KeyW", command: "view" },
  { code: "Escape", command: "close" },
];

const CONTROL_KEYS: Readonly<Record<string, RoomCommand>> = { KeyD: "microphone", KeyE: "camera" };

export function commandOf(key: Key, isTyping: boolean): RoomCommand | null {
  if (key.isComposing || key.repeat || key.altKey || key.shiftKey) return null;
  if (key.ctrlKey || key.metaKey) return CONTROL_KEYS[key.code] ?? null;
  if (isTyping && key.code !== "Escape") return null;
  return ROOM_KEYS.find(({ code }) => code === key.code)?.command ?? null;
}

const TYPING_TAGS = new Set(["INPUT", "TEXTAREA", "SELECT"]);

export function isTypingIn(tag: string | undefined, isEditable: boolean): boolean {
  return isEditable || (tag !== undefined && TYPING_TAGS.has(tag));
}
