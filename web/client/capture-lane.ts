import { CAPTURE_RATE, FRAME_MS, FRAME_SAMPLES } from "./capture-messages.ts";
import { Framer } from "./framer.ts";
import { Resampler } from "./resampler.ts";

/** One input of sound on its way to frames of 20 ms at 16 kHz. */
export class CaptureLane {
  /** Blocks come 375 times a second or so; what is made of them is made 50 times. */
  readonly #blocks: Framer;
  readonly #resampler: Resampler;
  readonly #frames = new Framer(FRAME_SAMPLES);
  #isFirst = true;

  /** @param sampleRate - of what comes in, in Hz. */
  constructor(sampleRate: number) {
    this.#blocks = new Framer(Math.round((sampleRate * FRAME_MS) / 1000));
    this.#resampler = new Resampler(sampleRate, CAPTURE_RATE);
  }

  /** The frames that `samples` complete: one with each 20 ms of sound. */
  take(samples: Float32Array): Float32Array<ArrayBuffer>[] {
    return this.#blocks.push(samples).flatMap((block) => this.#resampled(block));
  }

  #resampled(block: Float32Array): Float32Array<ArrayBuffer>[] {
    const samples = this.#resampler.process(block);
    // The resampler keeps the last millisecond for the next block: without it, each frame would have to wait for that.
    const lead = this.#isFirst ? this.#frames.push(new Float32Array(FRAME_SAMPLES - samples.length)) : [];
    this.#isFirst = false;
    return [...lead, ...this.#frames.push(samples)];
  }
}
