/** What was in view from a time on, until the next frame. */
export interface TimedFrame {
  /** When it was captured, on the conversation's clock. */
  readonly atMs: number;
  /** What it takes of the store's memory. */
  readonly byteLength: number;
}

export interface FrameStoreOptions {
  /** How many frames are remembered; at least 1. */
  readonly maxFrames: number;
  /** What they may take together; a frame that is larger than this is not kept. */
  readonly maxBytes: number;
}

/** Remembers the newest frames of a camera by their time, and answers what was in view at any of it. */
export class FrameStore<Frame extends TimedFrame> {
  readonly #options: FrameStoreOptions;
  /** By time, oldest first. */
  readonly #frames: Frame[] = [];
  #byteLength = 0;

  constructor(options: FrameStoreOptions) {
    this.#options = options;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** All that are remembered, oldest first. */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** The one captured last. */
  get newest(): Frame | undefined {
    return this.#frames.at(-1);
  }

  /** Takes a frame, at its place in time, and returns what is forgotten for it: the oldest ones, itself perhaps. */
  add(frame: Frame): Frame[] {
    const later = this.#frames.findIndex(({ atMs }) => atMs > frame.atMs);
    this.#frames.splice(later < 0 ? this.#frames.length : later, 0, frame);
    this.#byteLength += frame.byteLength;
    const forgotten: Frame[] = [];
    const { maxFrames, maxBytes } = this.#options;
    // A frame that can never fit must not drive out all others first.
    if (frame.byteLength > maxBytes) forgotten.push(...this.#remove(this.#frames.indexOf(frame)));
    while (this.#frames.length > maxFrames || this.#byteLength > maxBytes) forgotten.push(...this.#remove(0));
    return forgotten;
  }

  /** What was in view at that time: the newest frame captured until then. Undefined before the first one remembered. */
  inViewAt(atMs: number): Frame | undefined {
    return this.#frames.findLast((frame) => frame.atMs <= atMs);
  }

  clear(): void {
    this.#frames.length = 0;
    this.#byteLength = 0;
  }

  #remove(index: number): Frame[] {
    const removed = this.#frames.splice(index, 1);
    for (const { byteLength } of removed) this.#byteLength -= byteLength;
    return removed;
  }
}
