/** Half-open intervals [start, end) of session-clock seconds: pure set arithmetic, inputs in any order. */
export type Interval = readonly [number, number];

/** Sorted, disjoint union; intervals closer than `slack` seconds are joined. */
export function union(intervals: readonly Interval[], slack = 0): Interval[] {
  const sorted = intervals.filter(([start, end]) => end > start).sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [start, end] of sorted) {
    const last = merged.at(-1);
    if (last && start <= last[1] + slack) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

export function intersect(left: readonly Interval[], right: readonly Interval[]): Interval[] {
  const common: Interval[] = [];
  for (const [a, b] of union(left)) {
    for (const [c, d] of union(right)) {
      const start = Math.max(a, c);
      const end = Math.min(b, d);
      if (end > start) common.push([start, end]);
    }
  }
  return common;
}

export function subtract(from: readonly Interval[], taken: readonly Interval[]): Interval[] {
  let rest = union(from);
  for (const [c, d] of union(taken)) {
    rest = rest.flatMap(([a, b]): Interval[] => {
      if (d <= a || c >= b) return [[a, b]];
      const parts: Interval[] = [];
      if (c > a) parts.push([a, c]);
      if (d < b) parts.push([d, b]);
      return parts;
    });
  }
  return rest;
}

export function length(intervals: readonly Interval[]): number {
  return union(intervals).reduce((sum, [start, end]) => sum + end - start, 0);
}

export function contains(intervals: readonly Interval[], second: number): boolean {
  return intervals.some(([start, end]) => second >= start && second < end);
}

/** The interval that holds `second`, else the first that starts after it, else null. */
export function currentOrNext(intervals: readonly Interval[], second: number): Interval | null {
  return union(intervals).find(([, end]) => end > second) ?? null;
}
