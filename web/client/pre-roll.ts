import { FRAME_MS } from "./capture-messages.ts";

/** So much of what was said while nobody could hear it is told afterwards: a first word, not a speech. */
const KEPT_FRAMES = 500 / FRAME_MS;

/** 20 ms of the microphone. */
export interface TimedFrame {
  readonly samples: Float32Array;
  /** Of the capture clock. */
  readonly timestampMs: number;
}

/** The last half second of what is said while a connection is being made or mended. */
export class PreRoll {
  readonly #frames: TimedFrame[] = [];

  /** Keeps a frame; false where an older one had to go for it. */
  push(frame: TimedFrame): boolean {
    this.#frames.push(frame);
    if (this.#frames.length <= KEPT_FRAMES) return true;
    this.#frames.shift();
    return false;
  }

  /** What there is, oldest first; nothing is left. */
  take(): TimedFrame[] {
    return this.#frames.splice(0);
  }
}
