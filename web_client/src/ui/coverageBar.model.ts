/** Where the stretches of a coverage bar stand, in percent of the session, and what a screen reader is told about them. */
export type Span = readonly [number, number];

export type SpanKind = "live" | "replay" | "missing";

export interface Block {
  kind: SpanKind;
  startS: number;
  endS: number;
  leftPercent: number;
  widthPercent: number;
}

const ORDER: readonly SpanKind[] = ["missing", "replay", "live"];

export interface CoverageSpans {
  durationS: number;
  live: readonly Span[];
  replay: readonly Span[];
  missing: readonly Span[];
}

/** Blocks in painting order: what is missing lies lowest, live evidence on top. */
export function coverageBlocks(spans: CoverageSpans): Block[] {
  if (spans.durationS <= 0) return [];
  return ORDER.flatMap((kind) =>
    spans[kind].flatMap(([start, end]) => {
      const startS = Math.max(0, start);
      const endS = Math.min(spans.durationS, end);
      if (endS <= startS) return [];
      const leftPercent = (startS / spans.durationS) * 100;
      return [{ kind, startS, endS, leftPercent, widthPercent: ((endS - startS) / spans.durationS) * 100 }];
    }),
  );
}

/** Seconds covered by a list of spans that may touch or overlap. */
export function totalSeconds(spans: readonly Span[]): number {
  let covered = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (end <= reached) continue;
    covered += end - Math.max(start, reached);
    reached = end;
  }
  return covered;
}
