/** Where a person stopped in a replay, remembered on this device. */
function key(personId: string, sessionId: string): string {
  return `lophop.replay.${personId}.${sessionId}`;
}

export function readPosition(personId: string, sessionId: string): number | null {
  const stored = Number.parseFloat(window.localStorage.getItem(key(personId, sessionId)) ?? "");
  return Number.isFinite(stored) ? stored : null;
}

export function storePosition(personId: string, sessionId: string, second: number): void {
  if (second > 0) window.localStorage.setItem(key(personId, sessionId), second.toFixed(1));
}
