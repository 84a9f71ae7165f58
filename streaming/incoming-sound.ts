import { FRAME_MS, LISTENING_SAMPLE_RATE, msToSamples, samplesToMs } from "../audio/index.ts";
import { Channel } from "./channel.ts";
import type { Clock } from "./clock.ts";
import type { CallOptions } from "./contracts.ts";

/**
 * How far listening may lag behind before the oldest sound is forgotten: all that an interface may let through at once, in
 * pieces of any length, and what comes while that is heard.
 */
const WAITING_MS = 150_000;

/** A client that sends nothing for this long sends no sound; in the middle of a turn it is heard as silent. */
const STALLED_MS = 300;

/** How often the supply is checked. */
const CHECK_EVERY_MS = 100;

interface Piece {
  readonly samples: Float32Array;
  /** Or it is silence that was put in. */
  readonly isSent: boolean;
}

/** The user's sound on its way in, mono at 16 kHz: counted, and never without an end. */
export class IncomingSound {
  readonly #clock: Clock;
  readonly #pieces = new Channel<Piece>({
    capacity: msToSamples(WAITING_MS, LISTENING_SAMPLE_RATE),
    overflow: "drop-oldest",
    sizeOf: ({ samples }) => samples.length,
  });
  #receivedSamples = 0;
  #lastMs = 0;
  /** When the last of it was added, by the clock, whoever made it. */
  #addedMs: number;
  /** Where sound was missing last, and how much time had passed without any before that and since. */
  #gap = { atMs: 0, beforeMs: 0, sinceMs: 0 };
  #readMs = 0;
  /** Where silence that was put in was read last, and how much of it there had been before that and since. */
  #silence = { atMs: 0, beforeMs: 0, sinceMs: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#addedMs = clock.nowMs();
  }

  /** Position behind the newest sample, among those that are or will be listened to. */
  get receivedSamples(): number {
    return this.#receivedSamples;
  }

  /** How long the conversation has lasted: its sound, and what passed while none came, as for who writes and shows pictures. */
  get nowMs(): number {
    return this.#receivedMs + this.#gap.sinceMs + this.#missingMs(0);
  }

  /** The same time for a place in the sound of late, in ms. */
  timeOf(atMs: number): number {
    return atMs + (atMs <= this.#gap.atMs ? this.#gap.beforeMs : this.#gap.sinceMs);
  }

  /** A place in the sound of late, in ms, as the client counts what it sent: silence that was put in takes no time there. */
  sentMs(atMs: number): number {
    const { atMs: silentMs, beforeMs, sinceMs } = this.#silence;
    return atMs <= silentMs ? atMs - beforeMs : Math.max(silentMs - beforeMs, atMs - sinceMs);
  }

  /** Takes what comes next; the caller gives them away. */
  push(samples: Float32Array): void {
    this.#lastMs = this.#clock.nowMs();
    this.#append({ samples, isSent: true });
  }

  /** Puts in as much silence. */
  fill(length: number): void {
    this.#append({ samples: new Float32Array(length), isSent: false });
  }

  async *frames(options: CallOptions): AsyncGenerator<Float32Array, void, void> {
    for await (const { samples, isSent } of this.#pieces.read(options)) {
      const durationMs = samplesToMs(samples.length, LISTENING_SAMPLE_RATE);
      if (!isSent) this.#noteSilence(durationMs);
      this.#readMs += durationMs;
      yield samples;
    }
  }

  /** Forgets what nobody has listened to yet. */
  forget(): void {
    for (const { samples } of this.#pieces.clear()) this.#receivedSamples -= samples.length;
  }

  close(): void {
    this.#pieces.close();
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
        this.fill(msToSamples(FRAME_MS, LISTENING_SAMPLE_RATE));
      }
    }
  }

  #append(piece: Piece): void {
    const { length } = piece.samples;
    // What has no duration would wait without a bound.
    if (length === 0) return;
    const missingMs = this.#missingMs(samplesToMs(length, LISTENING_SAMPLE_RATE));
    const { sinceMs } = this.#gap;
    if (missingMs > 0)
      this.#gap = { atMs: this.#receivedMs, beforeMs: sinceMs, sinceMs: sinceMs + missingMs };
    this.#addedMs = this.#clock.nowMs();
    this.#receivedSamples += length - this.#pieces.push(piece);
  }

  #noteSilence(durationMs: number): void {
    const { atMs, beforeMs, sinceMs } = this.#silence;
    const goesOn = atMs + sinceMs - beforeMs === this.#readMs;
    this.#silence = {
      ...(goesOn ? { atMs, beforeMs } : { atMs: this.#readMs, beforeMs: sinceMs }),
      sinceMs: sinceMs + durationMs,
    };
  }

  get #receivedMs(): number {
    return samplesToMs(this.#receivedSamples, LISTENING_SAMPLE_RATE);
  }

  /** What passed since sound came last, but for what comes now; sound that is on its way for a moment is not missing. */
  #missingMs(comingMs: number): number {
    const passedMs = this.#clock.nowMs() - this.#addedMs;
    return passedMs < STALLED_MS ? 0 : Math.max(0, passedMs - comingMs);
  }
}
