/**
 * Feeds one media element from one rendition through Media Source: fetches what is needed now and a little ahead,
 * changes codec where the recording did, throws away what lies far behind. Times in the media are session seconds.
 */
import { fetchBytes, fetchText } from "@/lms/media";
import { mimeOf } from "./codec.model";
import { contains, type Interval } from "./intervals.model";
import { coveredBy, EMPTY_PLAYLIST, type Playlist, parsePlaylist, type Segment, segmentToFetch } from "./playlist.model";

const AHEAD_S = 24;
const KEEP_BEHIND_S = 40;
const RETRY_MS = 1500;

type MediaSourceClass = typeof MediaSource;

/** Phones of one maker know only the managed kind. */
function mediaSourceClass(): MediaSourceClass | undefined {
  const known = globalThis as { ManagedMediaSource?: MediaSourceClass; MediaSource?: MediaSourceClass };
  return known.MediaSource ?? known.ManagedMediaSource;
}

export function canReplay(): boolean {
  return mediaSourceClass() !== undefined;
}

export class Feeder {
  readonly #element: HTMLMediaElement;
  readonly #folder: string;
  readonly #playlistUrl: string;
  readonly #zeroMs: number;
  readonly #abort = new AbortController();
  readonly #taken = new Set<number>();
  readonly #inits = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #source: MediaSource;
  readonly #address: string;
  readonly #opened: Promise<void>;
  #buffer: SourceBuffer | null = null;
  #map = "";
  #playlist: Playlist = EMPTY_PLAYLIST;
  #covered: readonly Interval[] = [];
  #second = 0;
  #isBusy = false;
  #notBefore = 0;

  constructor(element: HTMLMediaElement, playlistUrl: string, zeroMs: number) {
    const Source = mediaSourceClass();
    if (!Source) throw new Error("Media Source is missing");
    this.#element = element;
    this.#playlistUrl = playlistUrl;
    this.#folder = playlistUrl.slice(0, playlistUrl.lastIndexOf("/") + 1);
    this.#zeroMs = zeroMs;
    this.#source = new Source();
    this.#opened = new Promise((resolve) => this.#source.addEventListener("sourceopen", () => resolve(), { once: true }));
    this.#address = URL.createObjectURL(this.#source);
    element.disableRemotePlayback = true;
    element.src = this.#address;
  }

  get covered(): readonly Interval[] {
    return this.#covered;
  }

  get isComplete(): boolean {
    return this.#playlist.isComplete;
  }

  covers(second: number): boolean {
    return contains(this.covered, second);
  }

  /** Whether the element could show this second at once. */
  holds(second: number): boolean {
    const { buffered } = this.#element;
    for (let index = 0; index < buffered.length; index += 1) {
      if (second >= buffered.start(index) - 0.05 && second < buffered.end(index)) return true;
    }
    return false;
  }

  /** Whether everything there is for this second has been fetched (or cannot be played here at all). */
  hasTaken(second: number): boolean {
    return !this.#playlist.segments.some(
      (segment) => segment.start <= second && second < segment.end && !this.#taken.has(segment.number),
    );
  }

  /** Reads the playlist again. A list that cannot be read now is read next time. */
  async reload(): Promise<void> {
    if (this.#playlist.isComplete) return;
    try {
      this.#playlist = parsePlaylist(await fetchText(this.#playlistUrl, this.#abort.signal), this.#zeroMs);
      this.#covered = coveredBy(this.#playlist);
    } catch {
      return;
    }
    this.want(this.#second);
  }

  /** The clock stands here: see that this second and those after it will be there. */
  want(second: number): void {
    this.#second = second;
    if (!this.#isBusy && performance.now() >= this.#notBefore) void this.#fill();
  }

  close(): void {
    this.#abort.abort();
    this.#element.removeAttribute("src");
    this.#element.load();
    URL.revokeObjectURL(this.#address);
  }

  async #fill(): Promise<void> {
    this.#isBusy = true;
    try {
      await this.#opened;
      for (;;) {
        const segment = segmentToFetch(this.#playlist, this.#taken, this.#second, AHEAD_S);
        if (!segment || this.#abort.signal.aborted) return;
        await this.#take(segment);
      }
    } catch {
      this.#notBefore = performance.now() + RETRY_MS;
    } finally {
      this.#isBusy = false;
    }
  }

  async #take(segment: Segment): Promise<void> {
    const buffer = await this.#bufferFor(segment);
    if (!buffer) {
      this.#taken.add(segment.number);
      return;
    }
    const bytes = await fetchBytes(this.#folder + segment.uri, this.#abort.signal);
    await this.#forget(buffer, KEEP_BEHIND_S);
    try {
      await this.#append(buffer, bytes);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "QuotaExceededError") throw error;
      await this.#forget(buffer, 2);
      await this.#append(buffer, bytes);
    }
    this.#taken.add(segment.number);
  }

  /** The source buffer set to the codec of this segment; null when this browser cannot play it. */
  async #bufferFor(segment: Segment): Promise<SourceBuffer | null> {
    if (this.#buffer && this.#map === segment.map) return this.#buffer;
    const init = this.#inits.get(segment.map) ?? (await fetchBytes(this.#folder + segment.map, this.#abort.signal));
    this.#inits.set(segment.map, init);
    const mime = mimeOf(init);
    if (!mime || !mediaSourceClass()?.isTypeSupported(mime)) return null;
    if (this.#buffer) this.#buffer.changeType(mime);
    else this.#buffer = this.#source.addSourceBuffer(mime);
    await this.#append(this.#buffer, init);
    this.#map = segment.map;
    return this.#buffer;
  }

  async #append(buffer: SourceBuffer, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const done = this.#idle(buffer);
    buffer.appendBuffer(bytes);
    await done;
  }

  async #forget(buffer: SourceBuffer, keepBehind: number): Promise<void> {
    const limit = this.#second - keepBehind;
    const old = this.#playlist.segments.filter((segment) => this.#taken.has(segment.number) && segment.end <= limit);
    const end = old.at(-1)?.end;
    if (end === undefined || end <= 0) return;
    const done = this.#idle(buffer);
    buffer.remove(0, end);
    await done;
    for (const segment of old) this.#taken.delete(segment.number);
  }

  #idle(buffer: SourceBuffer): Promise<void> {
    return new Promise((resolve, reject) => {
      buffer.addEventListener("updateend", () => resolve(), { once: true });
      buffer.addEventListener("error", () => reject(new Error("media was not accepted")), { once: true });
    });
  }
}
