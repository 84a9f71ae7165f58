import type { Clock } from "../streaming/index.ts";

/** A frame that left late. */
interface Slip {
  /** Position on the conversation's clock, from its first sample. */
  readonly atMs: number;
  readonly lateMs: number;
}

/**
 * A clock that notes how late its sleepers wake. A client that paces frames by it sleeps to the end of each frame, so
 * that its first sleep ends with the first frame.
 */
export class PacingClock implements Clock {
  readonly #clock: Clock;
  readonly #frameMs: number;
  readonly #slips: Slip[] = [];
  #startMs: number | undefined;

  constructor(clock: Clock, frameMs: number) {
    this.#clock = clock;
    this.#frameMs = frameMs;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  async sleep(ms: number, options: { readonly signal: AbortSignal }): Promise<void> {
    const wakeMs = this.nowMs() + ms;
    this.#startMs ??= wakeMs - this.#frameMs;
    const atMs = wakeMs - this.#startMs;
    await this.#clock.sleep(ms, options);
    this.#slips.push({ atMs, lateMs: this.nowMs() - wakeMs });
  }

  /** The worst delay between two positions of the conversation, in ms. */
  worstSlipMs(fromMs: number, toMs: number): number {
    return this.#slips
      .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      .reduce((worst, { lateMs }) => Math.max(worst, lateMs), 0);
  }
}
