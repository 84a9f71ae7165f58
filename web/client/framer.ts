/** Cuts a stream of samples into frames of one length. */
export class Framer {
  readonly #frame: Float32Array;
  #filled = 0;

  /** @param length - of a frame, in samples. */
  constructor(length: number) {
    this.#frame = new Float32Array(length);
  }

  /** The frames that `samples` complete, each with a buffer of its own, so that it can be transferred. */
  push(samples: Float32Array): Float32Array<ArrayBuffer>[] {
    const frames: Float32Array<ArrayBuffer>[] = [];
    let at = 0;
    while (at < samples.length) {
      const part = samples.subarray(at, at + this.#frame.length - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#frame.length) break;
      frames.push(new Float32Array(this.#frame));
      this.#filled = 0;
    }
    return frames;
  }
}

/** Loudness of a frame: the root of the mean of squares, 0 to 1. */
export function levelOf(samples: Float32Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}
