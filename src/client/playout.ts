import type { FloorLevel } from "../server/protocol.ts";

/** A stretch of one answer on the loudspeaker's clock. */
interface Segment {
  readonly turn: number;
  readonly startSample: number;
  samples: Float32Array;
}

/** What a client plays answers with. Times are in ms on the conversation's clock. */
export interface Speaker {
  /** Takes sound of `turn` that arrived at `nowMs`. */
  append(turn: number, samples: Float32Array, nowMs: number): void;
  /** From `nowMs` on what is heard is lowered, held where it stands, or goes on as it was. */
  setFloor(level: FloorLevel, nowMs: number): void;
  /** Falls silent at `nowMs`: what is not heard yet never will be. */
  interrupt(nowMs: number): void;
  /** How much of a turn's answer has been heard at `nowMs`. */
  playedMs(turn: number, nowMs: number): number;
}

/** -12 dB. */
export const DUCKED_GAIN = 10 ** (-12 / 20);

/**
 * The loudspeaker of a client: a queue without a jitter buffer. What arrives is heard at once, or right behind what is
 * still to be heard; what comes too late leaves a gap, as it would for a listener. It can be lowered, and held where it
 * stands. Times are in ms on the caller's clock, 0 at the start of the conversation.
 */
export class Playout implements Speaker {
  readonly #sampleRate: number;
  readonly #segments: Segment[] = [];
  /** Where the gain changed, in order. */
  readonly #gains: { readonly fromSample: number; readonly gain: number }[] = [];
  /** What is left to be heard once the loudspeaker goes on. */
  #held: { readonly turn: number; readonly samples: Float32Array }[] | undefined;

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  /** When everything that has arrived will have been heard; never while it is held. */
  get endMs(): number {
    return this.#held === undefined ? (this.#endSample * 1000) / this.#sampleRate : Infinity;
  }

  append(turn: number, samples: Float32Array, nowMs: number): void {
    if (this.#held !== undefined) {
      this.#held.push({ turn, samples });
      return;
    }
    const startSample = Math.max(this.#sampleAt(nowMs), this.#endSample);
    this.#segments.push({ turn, startSample, samples });
  }

  setFloor(level: FloorLevel, nowMs: number): void {
    this.#gains.push({
      fromSample: this.#sampleAt(nowMs),
      gain: level === "full" ? 1 : DUCKED_GAIN,
    });
    if (level === "paused") this.#held ??= this.#cutFrom(this.#sampleAt(nowMs));
    else this.#release(nowMs);
  }

  interrupt(nowMs: number): void {
    this.#held = undefined;
    this.#cutFrom(this.#sampleAt(nowMs));
    this.setFloor("full", nowMs);
  }

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
    for (const [index, { fromSample, gain }] of this.#gains.entries()) {
      if (gain === 1) continue;
      const end = Math.min(length, this.#gains[index + 1]?.fromSample ?? length);
      for (let at = fromSample; at < end; at++) recording[at] = (recording[at] ?? 0) * gain;
    }
    return recording;
  }

  get #endSample(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? 0 : last.startSample + last.samples.length;
  }

  /** Takes away what would be heard from `sample` on. */
  #cutFrom(sample: number): { turn: number; samples: Float32Array }[] {
    const cut: { turn: number; samples: Float32Array }[] = [];
    while (this.#endSample > sample) {
      const last = this.#segments.pop();
      if (last === undefined) break;
      const heard = Math.max(0, sample - last.startSample);
      cut.unshift({ turn: last.turn, samples: last.samples.subarray(heard) });
      if (heard > 0) this.#segments.push({ ...last, samples: last.samples.subarray(0, heard) });
    }
    return cut;
  }

  #release(nowMs: number): void {
    const held = this.#held;
    this.#held = undefined;
    for (const { turn, samples } of held ?? []) this.append(turn, samples, nowMs);
  }

  #sampleAt(ms: number): number {
    return Math.round((ms * this.#sampleRate) / 1000);
  }
}
