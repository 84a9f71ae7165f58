import type { CallOptions } from "./contracts.ts";

/** What was typed and waits until it is known what it is about: in the order in which it was typed, whatever takes longest. */
export class Typing {
  #last: Promise<void> = Promise.resolve();
  #waiting = new AbortController();

  /** Begins to `prepare` at once, and `act`s on it after everything that was added before; on neither after `forget`. */
  add<Prepared>(
    prepare: (options: CallOptions) => Promise<Prepared>,
    act: (prepared: Prepared) => void,
  ): void {
    const { signal } = this.#waiting;
    const [before, preparing] = [this.#last, prepare({ signal })];
    preparing.catch(() => undefined); // awaited below, later perhaps
    this.#last = (async () => {
      await before;
      const prepared = await preparing;
      if (!signal.aborted) act(prepared);
    })().catch(() => undefined); // forgotten
  }

  /** Whoever typed it wants no answer any more. */
  forget(): void {
    this.#waiting.abort(new DOMException("what was typed is forgotten", "AbortError"));
    this.#waiting = new AbortController();
  }
}
