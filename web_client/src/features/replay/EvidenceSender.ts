/**
 * Brings what was played to the server: a report every few seconds and at every stop, kept on the device until the
 * server has answered it, so that a lost line loses no credit. The server decides what counts.
 */
import { ApiError } from "@/lms/errors";
import { sendEvidence } from "@/lms/sessions";
import type { EvidenceAnswer } from "@/lms/types";
import { answered, closed, cut, EMPTY_LEDGER, type Ledger, nextBatch, played, type Report } from "./evidence.model";

const EVERY_MS = 5000;
/** The server will never accept these: keeping them would only block what comes after. */
const HOPELESS_STATUSES = new Set([400, 404, 413, 422]);

function newId(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Unix milliseconds that no change of the system's clock can bend while the page lives. */
function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

export class EvidenceSender {
  readonly #sessionId: string;
  readonly #prefix: string;
  readonly #key: string;
  readonly #onAnswer: (answer: EvidenceAnswer) => void;
  readonly #timer: number;
  #ledger: Ledger = EMPTY_LEDGER;
  #isSending = false;

  /** The person is part of the key: a shared device must not credit one with what another watched. */
  constructor(sessionId: string, personId: string, onAnswer: (answer: EvidenceAnswer) => void) {
    this.#sessionId = sessionId;
    this.#prefix = `lophop.evidence.${personId}.${sessionId}.`;
    this.#key = this.#prefix + newId();
    this.#onAnswer = onAnswer;
    this.#ledger = { open: null, waiting: this.#adopt() };
    this.#timer = window.setInterval(this.#report, EVERY_MS);
    window.addEventListener("pagehide", this.#onHide);
    this.#report();
  }

  tick(second: number, speed: number, isPlaying: boolean): void {
    if (isPlaying) this.#ledger = played(this.#ledger, { second, speed, wall: wallMs() }, newId);
    else if (this.#ledger.open) {
      this.#ledger = closed(this.#ledger, newId);
      this.#report();
    }
  }

  close(): void {
    window.clearInterval(this.#timer);
    window.removeEventListener("pagehide", this.#onHide);
    this.#onHide();
  }

  readonly #report = (): void => {
    this.#ledger = cut(this.#ledger, newId);
    this.#store();
    void this.#send(false);
  };

  readonly #onHide = (): void => {
    this.#ledger = closed(this.#ledger, newId);
    this.#store();
    void this.#send(true);
  };

  async #send(isLast: boolean): Promise<void> {
    if (this.#isSending && !isLast) return;
    this.#isSending = true;
    try {
      for (let batch = nextBatch(this.#ledger); batch.length > 0; batch = nextBatch(this.#ledger)) {
        const answer = await this.#post(batch, isLast);
        this.#ledger = answered(
          this.#ledger,
          batch.map((report) => report.id),
        );
        this.#store();
        if (answer) this.#onAnswer(answer);
      }
    } catch {
      // The line or the server is away: the same reports go again with the next turn.
    } finally {
      this.#isSending = false;
    }
  }

  /** Null when the server will never take these; throws when it may later. */
  async #post(batch: readonly Report[], isLast: boolean): Promise<EvidenceAnswer | null> {
    try {
      return await sendEvidence(this.#sessionId, [...batch], isLast);
    } catch (error) {
      if (error instanceof ApiError && HOPELESS_STATUSES.has(error.status)) return null;
      throw error;
    }
  }

  /** Reports an earlier page of this person and session left behind. */
  #adopt(): Report[] {
    const keys = Object.keys(window.localStorage).filter((key) => key.startsWith(this.#prefix));
    return keys.flatMap((key) => {
      const stored = window.localStorage.getItem(key);
      window.localStorage.removeItem(key);
      try {
        const reports: unknown = JSON.parse(stored ?? "[]");
        return Array.isArray(reports) ? (reports as Report[]) : [];
      } catch {
        return [];
      }
    });
  }

  #store(): void {
    const { waiting } = this.#ledger;
    if (waiting.length === 0) window.localStorage.removeItem(this.#key);
    else window.localStorage.setItem(this.#key, JSON.stringify(waiting));
  }
}
