/** Small lifetimes of the room screen: keys, the running clock, the notice after a reconnection, the wake lock. */
import { type RefObject, useEffect, useRef, useState } from "react";
import type { Connection } from "@/livekit/room.view";
import { formatClock } from "@/ui/format";
import { commandOf, isTypingIn, type RoomCommand } from "./shortcuts.model";

export function useRoomKeys(actions: Readonly<Record<RoomCommand, () => void>>): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (target?.closest("[role=dialog], [role=menu]")) return;
      const command = commandOf(event, isTypingIn(target?.tagName, target?.isContentEditable ?? false));
      if (!command) return;
      if (command !== "close") event.preventDefault();
      latest.current[command]();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

/** "12:30" since an instant, ticking; null before it is known. */
export function useSeconds(startedAt: string | null): string | null {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, []);
  return startedAt ? formatClock((now - Date.parse(startedAt)) / 1000) : null;
}

const RESTORED_SHOWN_MS = 5000;

/** True for a few seconds after a lost connection has come back. */
export function useRestored(connection: Connection): boolean {
  const [isShown, setShown] = useState(false);
  const before = useRef(connection);
  useEffect(() => {
    const hasReturned = before.current === "reconnecting" && connection === "connected";
    before.current = connection;
    if (!hasReturned) return;
    setShown(true);
    const timer = window.setTimeout(() => setShown(false), RESTORED_SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [connection]);
  return isShown;
}

/** Keeps the screen of a phone awake; refused or missing is no fault. */
export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let isOver = false;
    const take = async () => {
      if (document.visibilityState !== "visible" || !navigator.wakeLock) return;
      try {
        lock = await navigator.wakeLock.request("screen");
        if (isOver) void lock.release();
      } catch {
        lock = null;
      }
    };
    void take();
    document.addEventListener("visibilitychange", take);
    return () => {
      isOver = true;
      document.removeEventListener("visibilitychange", take);
      void lock?.release();
    };
  }, []);
}

/** An opened panel takes the focus, to its field if it has one, and gives it back where it came from. */
export function useFocusInside(box: RefObject<HTMLElement | null>, panel: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another panel in the same box takes the focus anew
  useEffect(() => {
    const before = document.activeElement;
    // On a touch screen the field would call up the keyboard over what one wants to read.
    const wanted = window.matchMedia("(hover: none)").matches ? "h2" : "textarea, h2";
    const found = [...(box.current?.querySelectorAll<HTMLElement>(wanted) ?? [])];
    const target = found.find((element) => element.tagName === "TEXTAREA") ?? found[0];
    target?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [box, panel]);
}
