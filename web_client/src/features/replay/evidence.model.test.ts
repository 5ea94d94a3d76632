// @vitest-environment node
import { describe, expect, it } from "vitest";
import {
  answered,
  BATCH,
  claimed,
  closed,
  cut,
  EMPTY_LEDGER,
  type Ledger,
  MOST_WAITING,
  nextBatch,
  played,
  type Tick,
} from "./evidence.model";

const WALL = Date.parse("2026-11-28T08:00:00.000Z");

function ids(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `r${count}`;
  };
}

function play(ledger: Ledger, ticks: readonly Tick[], newId: () => string): Ledger {
  return ticks.reduce((state, tick) => played(state, tick, newId), ledger);
}

/** Ticks every 250 ms of wall time from `second`, at `speed`, for `seconds` of wall time. */
function run(second: number, seconds: number, speed = 1, wall = WALL): Tick[] {
  return Array.from({ length: seconds * 4 + 1 }, (_, index) => ({
    second: second + (index * speed) / 4,
    speed,
    wall: wall + index * 250,
  }));
}

describe("evidence", () => {
  it("reports one run of playing as one interval", () => {
    const ledger = closed(play(EMPTY_LEDGER, run(10, 5), ids()), ids());
    expect(ledger.waiting).toEqual([
      {
        id: "r1",
        start_s: 10,
        end_s: 15,
        speed: 1,
        wall_start: "2026-11-28T08:00:00.000Z",
        wall_end: "2026-11-28T08:00:05.000Z",
      },
    ]);
  });

  it("counts media seconds at double speed", () => {
    const [report] = closed(play(EMPTY_LEDGER, run(0, 5, 2), ids()), ids()).waiting;
    expect(report?.end_s).toBe(10);
  });

  it("claims nothing for the part jumped over", () => {
    const newId = ids();
    const later = run(50, 2, 1, WALL + 2500);
    const ledger = closed(play(play(EMPTY_LEDGER, run(0, 2), newId), later, newId), newId);
    expect(ledger.waiting.map((report) => [report.start_s, report.end_s])).toEqual([
      [0, 2],
      [50, 52],
    ]);
  });

  it("begins a new report when the speed changes or the clock goes back", () => {
    const newId = ids();
    let ledger = play(EMPTY_LEDGER, run(0, 2), newId);
    ledger = play(ledger, run(2, 2, 1.5, WALL + 2250), newId);
    ledger = play(ledger, run(3, 2, 1.5, WALL + 4500), newId);
    expect(closed(ledger, newId).waiting.map((report) => report.speed)).toEqual([1, 1.5, 1.5]);
  });

  it("never claims more media than speed times wall time", () => {
    const newId = ids();
    const ticks = [
      { second: 0, speed: 1, wall: WALL },
      { second: 1.6, speed: 1, wall: WALL + 1000 },
    ];
    const [report] = closed(play(EMPTY_LEDGER, ticks, newId), newId).waiting;
    expect(report?.end_s).toBe(1);
  });

  it("ignores a stall: standing still is not played", () => {
    const newId = ids();
    const ticks = [...run(0, 1), { second: 1, speed: 1, wall: WALL + 9000 }];
    const ledger = closed(play(EMPTY_LEDGER, ticks, newId), newId);
    expect(ledger.waiting.map((report) => [report.start_s, report.end_s])).toEqual([[0, 1]]);
  });

  it("cuts without losing or doubling a moment", () => {
    const newId = ids();
    let ledger = cut(play(EMPTY_LEDGER, run(0, 5), newId), newId);
    ledger = closed(play(ledger, run(5.25, 5, 1, WALL + 5250), newId), newId);
    const [first, second] = ledger.waiting;
    expect(second?.start_s).toBe(first?.end_s);
    expect(second?.wall_start).toBe(first?.wall_end);
  });

  it("keeps a report until it is answered, oldest first", () => {
    const newId = ids();
    let ledger = EMPTY_LEDGER;
    for (let index = 0; index < BATCH + 3; index += 1) {
      ledger = closed(play(ledger, run(index * 10, 1, 1, WALL + index * 5000), newId), newId);
    }
    const batch = nextBatch(ledger);
    expect(batch).toHaveLength(BATCH);
    ledger = answered(
      ledger,
      batch.map((report) => report.id),
    );
    expect(ledger.waiting.map((report) => report.id)).toEqual(["r51", "r52", "r53"]);
  });

  it("bounds what a device keeps", () => {
    const newId = ids();
    let ledger = EMPTY_LEDGER;
    for (let index = 0; index < MOST_WAITING + 5; index += 1) {
      ledger = closed(play(ledger, run(index, 1, 1, WALL + index * 2000), newId), newId);
    }
    expect(ledger.waiting).toHaveLength(MOST_WAITING);
  });

  it("shows what is claimed but not yet answered", () => {
    const newId = ids();
    const ledger = play(cut(play(EMPTY_LEDGER, run(0, 5), newId), newId), run(5.25, 2, 1, WALL + 5250), newId);
    expect(claimed(ledger, [[4, 6]])).toEqual([[4, 6]]);
    expect(closed(EMPTY_LEDGER, newId)).toBe(EMPTY_LEDGER);
  });
});
