import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EvidenceAnswer } from "@/lms/types";
import { EvidenceSender } from "./EvidenceSender";

/** The client takes fetch when its module is read, so ours must stand there before. */
const line = vi.hoisted(() => {
  const held = { answer: async (_: Request): Promise<Response> => new Response("{}") };
  globalThis.fetch = (request) => held.answer(request as Request);
  return held;
});

interface Sent {
  readonly ids: string[];
  readonly spans: [number, number][];
}

const sent: Sent[] = [];
let status = 200;

async function server(request: Request): Promise<Response> {
  if (status === 0) throw new TypeError("no network");
  const { reports } = await request.clone().json();
  const ids = reports.map((report: { id: string }) => report.id);
  sent.push({ ids, spans: reports.map((report: { start_s: number; end_s: number }) => [report.start_s, report.end_s]) });
  const body = status === 200 ? { accepted: ids, refused: [], coverage: {} } : { error: {} };
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

/** Plays `seconds` of media in as much wall time. */
async function play(sender: EvidenceSender, from: number, seconds: number): Promise<void> {
  for (let step = 0; step <= seconds * 4; step += 1) {
    sender.tick(from + step / 4, 1, true);
    if (step < seconds * 4) await vi.advanceTimersByTimeAsync(250);
  }
}

const answers: EvidenceAnswer[] = [];
const make = (person = "an") => new EvidenceSender("s1", person, (answer) => answers.push(answer));

beforeEach(() => {
  vi.useFakeTimers();
  line.answer = server;
  status = 200;
  sent.length = 0;
  answers.length = 0;
  window.localStorage.clear();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("bringing evidence to the server", () => {
  it("reports every few seconds and at a pause, without a hole between", async () => {
    const sender = make();
    await play(sender, 10, 6);
    sender.tick(16, 1, false);
    await vi.advanceTimersByTimeAsync(10);
    const spans = sent.flatMap((one) => one.spans).sort((a, b) => a[0] - b[0]);
    expect(spans[0]?.[0]).toBe(10);
    expect(spans.at(-1)?.[1]).toBe(16);
    spans.slice(1).forEach((span, index) => {
      expect(span[0]).toBe(spans[index]?.[1]);
    });
    expect(answers.length).toBe(sent.length);
    sender.close();
  });

  it("sends the same reports again until the server has answered, and then never more", async () => {
    const sender = make();
    status = 0;
    await play(sender, 0, 6);
    expect(sent).toEqual([]);
    status = 503;
    await vi.advanceTimersByTimeAsync(5000);
    status = 200;
    await vi.advanceTimersByTimeAsync(5000);
    const ids = sent.map((one) => one.ids);
    expect(ids.at(-1)).toEqual(ids[0]);
    const count = sent.length;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(sent).toHaveLength(count);
    sender.close();
  });

  it("keeps what was not answered for the next page of the same person only", async () => {
    status = 0;
    const sender = make();
    await play(sender, 0, 3);
    sender.close();
    status = 200;
    const other = make("binh");
    await vi.advanceTimersByTimeAsync(6000);
    expect(sent).toEqual([]);
    other.close();
    const again = make();
    await vi.advanceTimersByTimeAsync(10);
    expect(sent.flatMap((one) => one.spans)).toEqual([[0, 3]]);
    again.close();
    expect(Object.keys(window.localStorage)).toEqual([]);
  });

  it("lets go of reports the server will never take", async () => {
    const sender = make();
    status = 422;
    await play(sender, 0, 3);
    sender.tick(3, 1, false);
    await vi.advanceTimersByTimeAsync(10);
    expect(sent).toHaveLength(1);
    status = 200;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(sent).toHaveLength(1);
    sender.close();
  });

  it("survives rubbish in the store", async () => {
    window.localStorage.setItem("lophop.evidence.an.s1.x", "{");
    const sender = make();
    await play(sender, 0, 1);
    sender.close();
    await vi.advanceTimersByTimeAsync(10);
    expect(sent.flatMap((one) => one.spans)).toEqual([[0, 1]]);
  });
});
