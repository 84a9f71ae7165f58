/**
 * The two seats of a conversation, one set of weights behind them. The generator's holds the answer that is heard; the
 * monitor's is kept ready for what the user says meanwhile. An answer is written on the monitor's seat; when it may be
 * heard, the two swap (VITA's duplex, arXiv 2408.05211, without its second copy of the model).
 */
export class Seats {
  readonly #names: readonly [string, string];
  #generator: 0 | 1 = 0;

  constructor(conversation: string) {
    this.#names = [`${conversation}/0`, `${conversation}/1`];
  }

  get all(): readonly string[] {
    return this.#names;
  }

  get monitor(): string {
    return this.#names[this.#generator === 0 ? 1 : 0];
  }

  /** The monitor's answer is heard from now on. Returns the number of its seat. */
  swap(): 0 | 1 {
    this.#generator = this.#generator === 0 ? 1 : 0;
    return this.#generator;
  }
}
