import type { Clock } from "../../streaming/index.ts";

/** Allows `perSecond` units a second, and up to `capacity` at once after a pause. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAtMs: number;

  constructor(clock: Clock, options: { readonly capacity: number; readonly perSecond: number }) {
    this.#clock = clock;
    this.#capacity = options.capacity;
    this.#perSecond = options.perSecond;
    this.#tokens = options.capacity;
    this.#filledAtMs = clock.nowMs();
  }

  /** Takes `amount` units if they are there; takes nothing otherwise. */
  take(amount: number): boolean {
    const nowMs = this.#clock.nowMs();
    this.#tokens = Math.min(
      this.#capacity,
      this.#tokens + ((nowMs - this.#filledAtMs) * this.#perSecond) / 1000,
    );
    this.#filledAtMs = nowMs;
    if (this.#tokens < amount) return false;
    this.#tokens -= amount;
    return true;
  }
}
