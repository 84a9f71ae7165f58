/** A thread that does not answer by then has other things to do, and is not waited for any longer. */
const HANDOVER_LIMIT_MS = 20;

/**
 * The way back from the thread that reads what a worker makes. A clause that was just written may be wanted as sound at
 * once, and the request for that comes from there: the next run of the language model begins only when it has come, or
 * when none comes.
 */
export class Handover {
  readonly #ask: () => void;
  /** In the order of the questions, those that are over, too: a late answer belongs to the first of them. */
  readonly #waiting: (() => void)[] = [];

  /** @param ask - asks the other thread to have `answered` called behind all that it does about what it got before. */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /** Resolves when the other thread has answered, or after {@link HANDOVER_LIMIT_MS}. */
  async untilTaken(): Promise<void> {
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, HANDOVER_LIMIT_MS);
      this.#waiting.push(() => {
        clearTimeout(limit);
        resolve();
      });
      this.#ask();
    });
  }

  /** The other thread has answered the first of what it was asked. */
  answered(): void {
    this.#waiting.shift()?.();
  }
}
