/**
 * Plays an archive on the session clock. The sound is the clock while there is sound; in silence the wall clock
 * carries on; pictures follow. What to do at gaps, ends and missed parts is decided in player.model.ts.
 */
import type { Archive } from "@/lms/types";
import { Feeder } from "./Feeder";
import { currentOrNext, type Interval, union } from "./intervals.model";
import { FIRST_VIEW, type PlaybackView } from "./playback.view";
import { clamp, follow, LEAD_IN_S, LIVE_DISTANCE_S, type PlayerState, stepAt } from "./player.model";

export interface Elements {
  readonly audio: HTMLAudioElement;
  readonly speaker: HTMLVideoElement;
  readonly screen: HTMLVideoElement;
}

export type OnTick = (second: number, speed: number, isPlaying: boolean) => void;

const TICK_MS = 100;
const SKIP_NOTE_FROM_S = 1.5;
const SKIP_NOTE_MS = 6000;
/** The sound is far from where it should be: it was moved, or the browser jumped. */
const SOUND_OFF_S = 0.3;
const EARLY_PICTURE_S = 0.5;

interface Part {
  readonly id: string;
  readonly element: HTMLMediaElement;
  readonly feeder: Feeder;
}

export class Playback {
  readonly #elements: Elements;
  readonly #onTick: OnTick;
  readonly #listeners = new Set<() => void>();
  readonly #timer: number;
  #parts: readonly Part[] = [];
  #archive: Archive | null = null;
  #view: PlaybackView = FIRST_VIEW;
  #second = 0;
  #wall = performance.now();
  #wantsPlay = false;
  #hasEnded = false;
  #isPlaced = false;
  #isSoundClock = false;
  #skippedAt = 0;

  constructor(elements: Elements, onTick: OnTick) {
    this.#elements = elements;
    this.#onTick = onTick;
    elements.audio.preservesPitch = true;
    this.#timer = window.setInterval(this.#tick, TICK_MS);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly view = (): PlaybackView => this.#view;

  get second(): number {
    return this.#second;
  }

  /**
   * Takes a newer manifest of the same archive: new renditions are opened, growing playlists read again. Once there
   * is something to play, `place` says where to begin; before that the player does not move.
   */
  async update(archive: Archive, baseUrl: string, place: (duration: number) => number): Promise<void> {
    this.#archive = archive;
    for (const [id, element] of this.#wanted(archive)) {
      const rendition = archive.renditions?.find((one) => one.id === id);
      if (!rendition || this.#parts.some((part) => part.element === element)) continue;
      const feeder = new Feeder(element, baseUrl + rendition.playlist, archive.zero_ms);
      this.#parts = [...this.#parts, { id, element, feeder }];
    }
    await Promise.all(this.#parts.map((part) => part.feeder.reload()));
    if (!this.#isPlaced && this.#edge() > 0) {
      this.#isPlaced = true;
      this.#move(clamp(place(this.#edge()), 0, this.#edge()));
    }
    this.#tick();
  }

  #wanted(archive: Archive): [string, HTMLMediaElement][] {
    const ids = (archive.renditions ?? []).map((rendition) => rendition.id);
    const speaker = ids.includes("speaker") ? "speaker" : ids.find((id) => id.startsWith("camera"));
    const wanted: [string, HTMLMediaElement][] = [
      ["audio", this.#elements.audio],
      ["screen", this.#elements.screen],
    ];
    if (speaker) wanted.push([speaker, this.#elements.speaker]);
    return wanted;
  }

  play(): void {
    if (this.#hasEnded) this.#move(Math.max(0, (this.#view.missed?.[0]?.[0] ?? 0) - LEAD_IN_S));
    this.#wantsPlay = true;
    this.#tick();
  }

  pause(): void {
    this.#wantsPlay = false;
    this.#tick();
  }

  seek(second: number): void {
    const isInside = this.#view.missed?.some(([start, end]) => second >= start - 1 && second <= end);
    if (this.#view.missed && !isInside) this.#change({ missed: null });
    this.#move(clamp(second, 0, this.#edge()));
    this.#tick();
  }

  toLiveEdge(): void {
    this.seek(this.#edge() - LIVE_DISTANCE_S);
    this.play();
  }

  setSpeed(speed: number): void {
    this.#change({ speed });
    this.#tick();
  }

  setVolume(volume: number, isMuted: boolean): void {
    this.#elements.audio.volume = volume;
    this.#elements.audio.muted = isMuted;
    this.#change({ volume, isMuted });
  }

  /** Plays these parts one after the other and stops; null plays straight on. */
  playMissed(missed: readonly Interval[] | null): void {
    this.#change({ missed });
    const first = missed?.[0];
    if (!first) return;
    this.#move(Math.max(0, first[0] - LEAD_IN_S));
    this.play();
  }

  close(): void {
    window.clearInterval(this.#timer);
    for (const part of this.#parts) part.feeder.close();
  }

  #move(second: number): void {
    this.#advance(performance.now(), this.#view.speed);
    this.#second = second;
    this.#hasEnded = false;
    this.#isSoundClock = false;
    this.#wall = performance.now();
  }

  #covered(): Interval[] {
    return union(this.#parts.flatMap((part) => part.feeder.covered));
  }

  #edge(): number {
    return this.#covered().at(-1)?.[1] ?? 0;
  }

  get #isLive(): boolean {
    return this.#archive?.state === "live";
  }

  readonly #tick = (): void => {
    const now = performance.now();
    const speed = this.#view.speed;
    if (!this.#isPlaced) return;
    this.#advance(now, speed);
    let isWaiting = false;
    if (this.#wantsPlay) {
      const step = stepAt(this.#second, { covered: this.#covered(), isLive: this.#isLive, missed: this.#view.missed });
      if (step.kind === "jump") this.#jump(step.to, step.skipped, now);
      else if (step.kind === "end") this.#end();
      else isWaiting = step.kind === "wait";
    }
    for (const part of this.#parts) part.feeder.want(this.#second);
    const isReady = this.#isReady();
    const isRunning = this.#wantsPlay && isReady && !isWaiting;
    this.#steerSound(isRunning, speed);
    for (const part of this.#parts) if (part.element !== this.#elements.audio) this.#steerPicture(part, isRunning, speed);
    this.#publish(isRunning, now);
    this.#onTick(this.#second, speed, isRunning);
  };

  /** Moves the clock by what really passed: the sound's own time, or wall time in silence. */
  #advance(now: number, speed: number): void {
    const { audio } = this.#elements;
    if (this.#isSoundClock) {
      if (!audio.seeking) this.#second = Math.max(this.#second, audio.currentTime);
    } else if (this.#view.state === "playing") {
      this.#second = Math.min(this.#second + ((now - this.#wall) / 1000) * speed, Math.max(this.#second, this.#edge()));
    }
    this.#wall = now;
    if (this.#view.state === "playing") this.#onTick(this.#second, speed, true);
  }

  #jump(to: number, skipped: Interval | null, now: number): void {
    this.#move(to);
    if (!skipped || skipped[1] - skipped[0] < SKIP_NOTE_FROM_S) return;
    this.#skippedAt = now;
    this.#change({ skipped });
  }

  #end(): void {
    this.#wantsPlay = false;
    this.#hasEnded = true;
  }

  #isReady(): boolean {
    return this.#parts.every((part) => part.feeder.hasTaken(this.#second));
  }

  #steerSound(isRunning: boolean, speed: number): void {
    const { audio } = this.#elements;
    const part = this.#parts.find((one) => one.element === audio);
    const hasSound = part?.feeder.covers(this.#second) && part.feeder.holds(this.#second);
    if (audio.playbackRate !== speed) audio.playbackRate = speed;
    if (!isRunning || !hasSound) {
      if (!audio.paused) audio.pause();
      this.#isSoundClock = false;
      return;
    }
    if (!this.#isSoundClock && Math.abs(audio.currentTime - this.#second) > SOUND_OFF_S / 3) audio.currentTime = this.#second;
    if (audio.paused) audio.play().catch(this.#onRefused);
    this.#isSoundClock = true;
  }

  /** The browser wants a click before it plays sound: stand still until it comes. */
  readonly #onRefused = (error: unknown): void => {
    if (error instanceof DOMException && error.name === "NotAllowedError") this.#wantsPlay = false;
  };

  #steerPicture(part: Part, isRunning: boolean, speed: number): void {
    const video = part.element;
    const place = this.#placeIn(part);
    if (place === null || !part.feeder.holds(place)) {
      if (!video.paused) video.pause();
      return;
    }
    if (!isRunning || place > this.#second) {
      if (!video.paused) video.pause();
      if (!video.seeking && Math.abs(video.currentTime - place) > 0.05) video.currentTime = place;
      return;
    }
    const move = follow(video.currentTime, place, speed);
    if (move.kind === "seek") {
      if (!video.seeking) video.currentTime = move.to;
    } else if (video.playbackRate !== move.rate) video.playbackRate = move.rate;
    if (video.paused) video.play().catch(() => undefined);
  }

  /** The second of this picture to show now; a picture about to begin is shown a little early. Null: there is none. */
  #placeIn(part: Part): number | null {
    if (part.feeder.covers(this.#second)) return this.#second;
    const next = currentOrNext(part.feeder.covered, this.#second);
    return next && next[0] - this.#second < EARLY_PICTURE_S ? next[0] : null;
  }

  #state(isRunning: boolean): PlayerState {
    if (this.#hasEnded) return "ended";
    if (!this.#wantsPlay) return this.#isReady() ? "paused" : "loading";
    return isRunning ? "playing" : "loading";
  }

  #publish(isRunning: boolean, now: number): void {
    const shows = (element: HTMLMediaElement) =>
      this.#parts.some((part) => part.element === element && this.#placeIn(part) !== null);
    const edge = this.#edge();
    this.#change({
      state: this.#state(isRunning),
      wholeSecond: Math.floor(this.#second),
      duration: this.#isLive ? edge : Math.max(edge, this.#archive?.duration_s ?? 0),
      isLive: this.#isLive,
      isAtLiveEdge: this.#isLive && edge - this.#second < 2 * LIVE_DISTANCE_S,
      hasSpeaker: shows(this.#elements.speaker),
      hasScreen: shows(this.#elements.screen),
      skipped: now - this.#skippedAt > SKIP_NOTE_MS ? null : this.#view.skipped,
    });
  }

  #change(changed: Partial<PlaybackView>): void {
    const keys = Object.keys(changed) as (keyof PlaybackView)[];
    if (keys.every((key) => Object.is(this.#view[key], changed[key]))) return;
    this.#view = { ...this.#view, ...changed };
    for (const listener of this.#listeners) listener();
  }
}
