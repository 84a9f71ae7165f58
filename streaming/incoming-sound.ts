import { FRAME_MS, LISTENING_SAMPLE_RATE, msToSamples } from "../audio/index.ts";
import { Channel } from "./channel.ts";
import type { Clock } from "./clock.ts";
import type { CallOptions } from "./contracts.ts";

/**
 * How far listening may lag behind before the oldest sound is forgotten: all that an interface may let through at once, in
 * pieces of any length, and what comes while that is heard.
 */
const WAITING_MS = 150_000;

/** A client that sends nothing for this long in the middle of a turn is heard as silent. */
const STALLED_MS = 300;

/** How often the supply is checked. */
const CHECK_EVERY_MS = 100;

/** The user's sound on its way in, mono at 16 kHz: counted, and never without an end. */
export class IncomingSound {
  readonly #clock: Clock;
  readonly #frames = new Channel<Float32Array>({
    capacity: msToSamples(WAITING_MS, LISTENING_SAMPLE_RATE),
    overflow: "drop-oldest",
    sizeOf: ({ length }) => length,
  });
  #receivedSamples = 0;
  #lastMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Position behind the newest sample, among those that are or will be listened to. */
  get receivedSamples(): number {
    return this.#receivedSamples;
  }

  /** Takes what comes next; the caller gives them away. */
  push(samples: Float32Array): void {
    this.#lastMs = this.#clock.nowMs();
    this.#append(samples);
  }

  frames(options: CallOptions): AsyncIterable<Float32Array> {
    return this.#frames.read(options);
  }

  /** Forgets what nobody has listened to yet. */
  forget(): void {
    for (const samples of this.#frames.clear()) this.#receivedSamples -= samples.length;
  }

  close(): void {
    this.#frames.close();
  }

  /**
   * Fills in silence while `expected` says that sound should come and none does, e.g. because a button was let go or
   * the network died. Time that does not pass cannot end a turn. Returns when aborted.
   */
  async fillStalls(expected: () => boolean, { signal }: CallOptions): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(CHECK_EVERY_MS, { signal }).catch(() => undefined);
      if (!expected() || this.#clock.nowMs() - this.#lastMs < STALLED_MS) continue;
      for (let filledMs = 0; filledMs < CHECK_EVERY_MS; filledMs += FRAME_MS) {
        this.#append(new Float32Array(msToSamples(FRAME_MS, LISTENING_SAMPLE_RATE)));
      }
    }
  }

  #append(samples: Float32Array): void {
    // What has no duration would wait without a bound.
    if (samples.length > 0) this.#receivedSamples += samples.length - this.#frames.push(samples);
  }
}
