/** What the player shows, in plain values. */
import type { Interval } from "./intervals.model";
import type { PlayerState } from "./player.model";

export interface PlaybackView {
  readonly state: PlayerState;
  /** Whole seconds, so that a view changes once a second; `second` has the exact place. */
  readonly wholeSecond: number;
  readonly duration: number;
  readonly isLive: boolean;
  readonly isAtLiveEdge: boolean;
  readonly speed: number;
  readonly isMuted: boolean;
  readonly volume: number;
  readonly hasSpeaker: boolean;
  readonly hasScreen: boolean;
  readonly skipped: Interval | null;
  readonly missed: readonly Interval[] | null;
}

export const FIRST_VIEW: PlaybackView = {
  state: "loading",
  wholeSecond: 0,
  duration: 0,
  isLive: false,
  isAtLiveEdge: false,
  speed: 1,
  isMuted: false,
  volume: 1,
  hasSpeaker: false,
  hasScreen: false,
  skipped: null,
  missed: null,
};
