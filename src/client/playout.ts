/** A stretch of one answer on the loudspeaker's clock. */
interface Segment {
  readonly turn: number;
  readonly startSample: number;
  samples: Float32Array;
}

/**
 * The loudspeaker of a client: a queue without a jitter buffer. What arrives is heard at once, or right behind what is
 * still to be heard; what comes too late leaves a gap, as it would for a listener. Times are in ms on the caller's
 * clock, 0 at the start of the conversation.
 */
export class Playout {
  readonly #sampleRate: number;
  readonly #segments: Segment[] = [];

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  /** When everything that has arrived will have been heard. */
  get endMs(): number {
    return (this.#endSample * 1000) / this.#sampleRate;
  }

  /** Takes sound of `turn` that arrived at `nowMs`. */
  append(turn: number, samples: Float32Array, nowMs: number): void {
    const startSample = Math.max(this.#sampleAt(nowMs), this.#endSample);
    this.#segments.push({ turn, startSample, samples });
  }

  /** Falls silent at `nowMs`: what is not heard yet never will be. */
  interrupt(nowMs: number): void {
    const now = this.#sampleAt(nowMs);
    while (this.#endSample > now) {
      const last = this.#segments.pop();
      if (last === undefined) return;
      const heard = last.samples.subarray(0, Math.max(0, now - last.startSample));
      if (heard.length > 0) this.#segments.push({ ...last, samples: heard });
    }
  }

  /** How much of a turn's answer has been heard at `nowMs`. */
  playedMs(turn: number, nowMs: number): number {
    const now = this.#sampleAt(nowMs);
    const heard = this.#segments
      .filter((segment) => segment.turn === turn)
      .reduce(
        (sum, { startSample, samples }) => sum + Math.min(samples.length, Math.max(0, now - startSample)),
        0,
      );
    return (heard * 1000) / this.#sampleRate;
  }

  /** The loudspeaker's recording from the start, `length` samples long, silence where nothing was to be heard. */
  render(length: number): Float32Array {
    const recording = new Float32Array(length);
    for (const { startSample, samples } of this.#segments) {
      if (startSample < length) recording.set(samples.subarray(0, length - startSample), startSample);
    }
    return recording;
  }

  get #endSample(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? 0 : last.startSample + last.samples.length;
  }

  #sampleAt(ms: number): number {
    return Math.round((ms * this.#sampleRate) / 1000);
  }
}
