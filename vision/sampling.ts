import { sceneDifference } from "./scene-change.ts";

/** VITA's policy for clips (arXiv 2408.05211, 3.3): short ones densely, long ones by a fixed number of frames. */
const SHORT_CLIP_MS = 4000;
const LONG_CLIP_MS = 16_000;
const SHORT_CLIP_FPS = 4;
const CLIP_FPS = 1;
const LONG_CLIP_FRAMES = 16;

/**
 * When to look at a recorded clip: the middles of equal stretches, 4 a second below 4 s, 1 a second up to 16 s, 16 in
 * all beyond. In milliseconds from its start, ascending; at least one.
 * @param durationMs - above 0.
 */
export function clipTimes(durationMs: number): number[] {
  const count = Math.max(1, Math.min(LONG_CLIP_FRAMES, Math.floor(clipFrames(durationMs))));
  return Array.from({ length: count }, (_, index) => ((index + 0.5) * durationMs) / count);
}

function clipFrames(durationMs: number): number {
  if (durationMs > LONG_CLIP_MS) return LONG_CLIP_FRAMES;
  return ((durationMs < SHORT_CLIP_MS ? SHORT_CLIP_FPS : CLIP_FPS) * durationMs) / 1000;
}

/** Between two frames that are looked at. */
const SPEAKING_INTERVAL_MS = 1000;
const QUIET_INTERVAL_MS = 1000 / 0.3;

/** Cameras do not keep time to the millisecond; a frame that is this much early is in time. */
const TOLERANCE_MS = 50;

/** Over the whole picture: between the noise of a camera (below 0.02) and a hand that comes into view (above 0.05). */
const SAME_SCENE = 0.03;
/**
 * In any one place: a thing of 80 pixels in 640 that gives way to another one, which the whole hardly tells, moves some cell by
 * more than this; noise by 0.03, and a camera that is pushed by two pixels seldom this much.
 */
const SAME_PLACE = 0.15;

/** `early`: looked at one a moment ago. `unchanged`: shows what the one before showed. */
export type SamplingVerdict = "look" | "early" | "unchanged";

/** Which frames of a live camera are worth looking at: one a second while the user speaks, 0.3 otherwise, if they differ. */
export class LiveSampler {
  #last: { readonly atMs: number; readonly grid: Float32Array } | undefined;

  /**
   * Judges the next frame; one to look at is what the later ones are compared with.
   * @param grid - its `sceneGrid`.
   */
  judge(frame: {
    readonly atMs: number;
    readonly grid: Float32Array;
    readonly speaking: boolean;
  }): SamplingVerdict {
    const { atMs, grid, speaking } = frame;
    if (this.#last !== undefined) {
      const intervalMs = speaking ? SPEAKING_INTERVAL_MS : QUIET_INTERVAL_MS;
      if (atMs - this.#last.atMs < intervalMs - TOLERANCE_MS) return "early";
      if (isSameScene(this.#last.grid, grid)) return "unchanged";
    }
    this.#last = { atMs, grid };
    return "look";
  }

  /** Forgets what was looked at last, so that the next frame is looked at whatever it shows. */
  reset(): void {
    this.#last = undefined;
  }
}

/** Whether two frames show the same, as far as their grids tell. */
export function isSameScene(a: Float32Array, b: Float32Array): boolean {
  const { overall, local } = sceneDifference(a, b);
  return overall < SAME_SCENE && local < SAME_PLACE;
}
