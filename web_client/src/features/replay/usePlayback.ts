/** The player's engine as a hook: made with its elements, fed with manifests, closed with the page. */
import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { EvidenceAnswer, ReplayView } from "@/lms/types";
import { EvidenceSender } from "./EvidenceSender";
import { Playback } from "./Playback";
import { FIRST_VIEW, type PlaybackView } from "./playback.view";
import { resumeAt } from "./player.model";
import { readPosition, storePosition } from "./position";

export interface Stage {
  readonly root: RefObject<HTMLDivElement | null>;
  readonly audio: RefObject<HTMLAudioElement | null>;
  readonly speaker: RefObject<HTMLVideoElement | null>;
  readonly screen: RefObject<HTMLVideoElement | null>;
}

export function useStage(): Stage {
  const root = useRef<HTMLDivElement>(null);
  const audio = useRef<HTMLAudioElement>(null);
  const speaker = useRef<HTMLVideoElement>(null);
  const screen = useRef<HTMLVideoElement>(null);
  const [stage] = useState({ root, audio, speaker, screen });
  return stage;
}

interface Options {
  readonly replay: ReplayView;
  readonly personId: string;
  /** Where to begin; null = where this device stopped. */
  readonly startAt: number | null;
  readonly onAnswer: (answer: EvidenceAnswer) => void;
}

export interface Player {
  readonly playback: Playback | null;
  readonly view: PlaybackView;
  /** The place this device stopped at earlier, when playing began there. */
  readonly resumedAt: number | null;
}

const nothing = () => () => {};
const first = () => FIRST_VIEW;
const POSITION_EVERY_MS = 2000;

export function usePlayback(stage: Stage, { replay, personId, startAt, onAnswer }: Options): Player {
  const [playback, setPlayback] = useState<Playback | null>(null);
  const [resumedAt, setResumedAt] = useState<number | null>(null);
  const view = useSyncExternalStore(playback?.subscribe ?? nothing, playback?.view ?? first);
  const latestAnswer = useRef(onAnswer);
  latestAnswer.current = onAnswer;
  const sessionId = replay.session_id;

  useEffect(() => {
    const [audio, speaker, screen] = [stage.audio.current, stage.speaker.current, stage.screen.current];
    if (!audio || !speaker || !screen) return;
    const sender = new EvidenceSender(sessionId, personId, (answer) => latestAnswer.current(answer));
    const engine = new Playback({ audio, speaker, screen }, (second, speed, isPlaying) => {
      sender.tick(second, speed, isPlaying);
      if (stage.root.current) stage.root.current.dataset.sessionSecond = second.toFixed(2);
    });
    const timer = window.setInterval(() => storePosition(personId, sessionId, engine.second), POSITION_EVERY_MS);
    setPlayback(engine);
    return () => {
      window.clearInterval(timer);
      sender.close();
      engine.close();
    };
  }, [stage, sessionId, personId]);

  const { manifest, base_url: baseUrl } = replay;
  useEffect(() => {
    if (!playback || !manifest) return;
    void playback.update(manifest, baseUrl, (duration) => {
      if (startAt !== null) return startAt;
      const saved = resumeAt(readPosition(personId, sessionId), duration);
      if (saved > 0) setResumedAt(saved);
      return saved;
    });
  }, [playback, manifest, baseUrl, startAt, personId, sessionId]);

  return { playback, view, resumedAt };
}
