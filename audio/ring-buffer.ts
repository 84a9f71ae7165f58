/** A stretch of remembered samples; `startSample` is its position on the stream's clock. */
export interface SampleSpan {
  readonly startSample: number;
  readonly samples: Float32Array;
}

/**
 * Remembers the newest samples of a stream, at most `capacity`. Positions are absolute: sample n is the n-th that was
 * ever appended, whatever has been forgotten since, so that others can name stretches by their place on the clock.
 */
export class SampleRingBuffer {
  readonly #ring: Float32Array;
  #endSample = 0;

  /** @param capacity - how many samples are remembered; at least 1. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`capacity ${capacity} is not a positive integer`);
    this.#ring = new Float32Array(capacity);
  }

  /** Position of the oldest sample that is still remembered. */
  get startSample(): number {
    return Math.max(0, this.#endSample - this.#ring.length);
  }

  /** Position behind the newest sample: how many were appended in all. */
  get endSample(): number {
    return this.#endSample;
  }

  /** Copies `samples` to the end; the oldest ones are forgotten where the capacity is exceeded. */
  append(samples: Float32Array): void {
    const capacity = this.#ring.length;
    const kept = samples.length > capacity ? samples.subarray(samples.length - capacity) : samples;
    const at = (this.#endSample + samples.length - kept.length) % capacity;
    const beforeWrap = Math.min(kept.length, capacity - at);
    this.#ring.set(kept.subarray(0, beforeWrap), at);
    this.#ring.set(kept.subarray(beforeWrap), 0);
    this.#endSample += samples.length;
  }

  /**
   * Copies what is remembered of [startSample, endSample). The span starts later than asked, or is empty, where the
   * samples are forgotten or have not come yet.
   */
  read(startSample: number, endSample: number): SampleSpan {
    const end = Math.min(endSample, this.#endSample);
    const start = Math.min(Math.max(startSample, this.startSample), Math.max(end, this.startSample));
    const samples = new Float32Array(Math.max(0, end - start));
    const at = start % this.#ring.length;
    const beforeWrap = Math.min(samples.length, this.#ring.length - at);
    samples.set(this.#ring.subarray(at, at + beforeWrap), 0);
    samples.set(this.#ring.subarray(0, samples.length - beforeWrap), beforeWrap);
    return { startSample: start, samples };
  }
}
