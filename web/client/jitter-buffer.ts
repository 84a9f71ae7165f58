import type { FloorLevel } from "../../src/server/protocol.ts";

/** Sound is collected for this long before it starts, and for longer after each underrun. */
const START_MS = 80;
const STEP_MS = 10;
const LONGEST_START_MS = 160;
const FADE_MS = 5;
/** A server runs a quarter of a second ahead; one that sends far more does not fill the memory. */
const LARGEST_QUEUE_MS = 60_000;

/** -12 dB, as docs/protocol.md asks for. */
const GAINS: Record<FloorLevel, number> = { full: 1, ducked: 10 ** (-12 / 20), paused: 0 };

interface Piece {
  readonly turn: number;
  readonly samples: Float32Array;
}

/**
 * The queue in front of a loudspeaker. It starts late enough to survive the jitter it has met so far, falls silent within
 * 5 ms of `reset`, holds what it has while `paused`, fades instead of clicking, and counts what was played of each turn.
 */
export class JitterBuffer {
  readonly #sampleRate: number;
  readonly #fadeSamples: number;
  readonly #queue: Piece[] = [];
  /** Samples of the first piece that are played already. */
  #offset = 0;
  #queued = 0;
  #playing = false;
  #finished = false;
  /** Everything was played before it was said to be all. */
  #isDry = false;
  #floor: FloorLevel = "full";
  #gain = 0;
  #startMs = START_MS;
  #underruns = 0;
  #turn = 0;
  #played = 0;
  #lastSample = 0;
  /** The fading end of what is over. */
  #tail = new Float32Array(0);
  #tailAt = 0;

  /** @param sampleRate - of what comes in and goes out, in Hz. */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
    this.#fadeSamples = Math.round((FADE_MS * sampleRate) / 1000);
  }

  /** The turn whose answer is or was last heard, 0 before the first. */
  get turn(): number {
    return this.#turn;
  }

  /** How much of that answer has been played. */
  get playedMs(): number {
    return (this.#played * 1000) / this.#sampleRate;
  }

  get bufferedMs(): number {
    return (this.#queued * 1000) / this.#sampleRate;
  }

  /** How often sound was missing in the middle of an answer. */
  get underruns(): number {
    return this.#underruns;
  }

  /** Takes sound that follows all that was taken before. */
  push(turn: number, samples: Float32Array): void {
    if (samples.length === 0 || this.bufferedMs > LARGEST_QUEUE_MS) return;
    // What comes may be the last of it, which is no gap: only where more has to be waited for was there one.
    if (turn !== this.#turn) this.#isDry = false;
    this.#finished = false;
    this.#queue.push({ turn, samples });
    this.#queued += samples.length;
  }

  /** Nothing more comes for now: what there is need not wait, and its end is no underrun. */
  finish(): void {
    this.#finished = true;
  }

  setFloor(level: FloorLevel): void {
    this.#floor = level;
  }

  /** Throws away what is not played yet; the last 5 ms fade. */
  reset(): void {
    const gain = this.#playing ? this.#gain : 0;
    // Where less than that is left, its last sample is held while it fades.
    let last = gain === 0 ? 0 : this.#lastSample;
    const end = Float32Array.from({ length: this.#fadeSamples }, () => {
      const sample = this.#take();
      if (sample !== undefined) last = sample * gain;
      return last;
    });
    this.#fadeOut(end);
    this.#queue.length = 0;
    this.#offset = 0;
    this.#queued = 0;
    this.#playing = false;
    this.#finished = true;
    this.#isDry = false;
    this.#floor = "full";
  }

  /** As `reset`, and nothing has been played of any turn: another conversation may count its turns from 1 again. */
  forget(): void {
    this.reset();
    this.#turn = 0;
    this.#played = 0;
  }

  /** Fills `output` with what is heard next. */
  pull(output: Float32Array): void {
    if (!this.#playing && this.#mayStart()) {
      if (this.#isDry && !this.#finished) this.#noteUnderrun();
      this.#isDry = false;
      this.#playing = true;
      this.#gain = 0;
    }
    if (!this.#playing && this.#tailAt >= this.#tail.length) {
      output.fill(0); // as most of the time, when nobody has to go through it sample by sample
      return;
    }
    for (let at = 0; at < output.length; at++) output[at] = this.#next() + this.#nextOfTail();
  }

  #mayStart(): boolean {
    if (this.#queued === 0) return false;
    return this.#finished || this.bufferedMs >= (this.#isDry ? this.#laterStartMs : this.#startMs);
  }

  #next(): number {
    if (!this.#playing) return 0;
    const target = GAINS[this.#floor];
    const step = 1 / this.#fadeSamples;
    this.#gain += Math.max(-step, Math.min(step, target - this.#gain));
    if (this.#floor === "paused" && this.#gain === 0) return 0;
    const sample = this.#take();
    if (sample === undefined) {
      this.#runDry();
      return 0;
    }
    this.#lastSample = sample * this.#gain;
    return this.#lastSample;
  }

  #take(): number | undefined {
    const piece = this.#queue[0];
    if (piece === undefined) return undefined;
    const sample = piece.samples[this.#offset] ?? 0;
    if (piece.turn !== this.#turn) {
      this.#turn = piece.turn;
      this.#played = 0;
    }
    this.#played += 1;
    this.#queued -= 1;
    this.#offset += 1;
    if (this.#offset === piece.samples.length) {
      this.#queue.shift();
      this.#offset = 0;
    }
    return sample;
  }

  #runDry(): void {
    this.#playing = false;
    this.#fadeOut(new Float32Array(this.#fadeSamples).fill(this.#lastSample));
    this.#isDry = !this.#finished;
  }

  get #laterStartMs(): number {
    return Math.min(LONGEST_START_MS, this.#startMs + STEP_MS);
  }

  /** It fell silent in the middle: from now on it waits a little longer. */
  #noteUnderrun(): void {
    this.#underruns += 1;
    this.#startMs = this.#laterStartMs;
  }

  /** Lets `end` fade from here on, beside what may still be fading. */
  #fadeOut(end: Float32Array): void {
    const before = this.#tail.subarray(this.#tailAt);
    this.#tail = end.map((sample, at) => sample * (1 - (at + 1) / this.#fadeSamples) + (before[at] ?? 0));
    this.#tailAt = 0;
  }

  #nextOfTail(): number {
    const sample = this.#tail[this.#tailAt] ?? 0;
    this.#tailAt += 1;
    return sample;
  }
}
