/** How much one more measurement changes what is believed. */
const LEARNING_RATE = 0.2;

/** Shorter runs than this waste most of their time on reading the weights. */
const FEWEST_TOKENS = 4;

/** Before anything was measured. */
const FIRST_GUESS = { oneTokenMs: 50, furtherTokenMs: 12 };

/**
 * How long a run of so many tokens takes on this machine: reading the weights once, which a single token pays in full,
 * and a little for each further token. Learned from the runs themselves.
 */
export class RunPace {
  #oneTokenMs = FIRST_GUESS.oneTokenMs;
  #furtherTokenMs = FIRST_GUESS.furtherTokenMs;

  /** A run of `tokens` tokens took `ms`. */
  note(tokens: number, ms: number): void {
    if (tokens === 1) this.#oneTokenMs += LEARNING_RATE * (ms - this.#oneTokenMs);
    if (tokens < FEWEST_TOKENS) return;
    const each = Math.max(0.1, (ms - this.#oneTokenMs) / (tokens - 1));
    this.#furtherTokenMs += LEARNING_RATE * (each - this.#furtherTokenMs);
  }

  /** The most tokens that a run of `ms` should take; never fewer than make a run worth its while. */
  tokensWithin(ms: number): number {
    return Math.max(FEWEST_TOKENS, 1 + Math.floor((ms - this.#oneTokenMs) / this.#furtherTokenMs));
  }
}
