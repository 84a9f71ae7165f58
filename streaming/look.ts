import { NOTHING_SEEN } from "./seen.ts";
import type { Seen } from "./seen.ts";

/** Words, and what was in view when they were said: that is looked for only once somebody wants to know. */
export class Look {
  readonly text: string;
  /** As far as it is known; before, it is nothing. */
  seen: Seen = NOTHING_SEEN;
  readonly #find: () => Promise<Seen>;
  #finding: Promise<void> | undefined;

  /** Without `find` there is nothing to see. */
  constructor(text: string, find: () => Promise<Seen> = () => Promise.resolve(NOTHING_SEEN)) {
    this.text = text;
    this.#find = find;
  }

  /** Looks, once, however often it is asked. Rejects where `find` does. */
  find(): Promise<void> {
    this.#finding ??= this.#look();
    this.#finding.catch(() => undefined); // perhaps nobody waits for it
    return this.#finding;
  }

  async #look(): Promise<void> {
    this.seen = await this.#find();
  }
}
