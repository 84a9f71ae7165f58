import type { ChatMessage } from "./contracts.ts";
import { NOTHING_SEEN } from "./seen.ts";
import type { Seen } from "./seen.ts";

/** For an answer to nobody's words. */
export interface Instead {
  /** What the language model is told in their place. */
  readonly note?: string;
  /** What it is told in place of all of the conversation. */
  readonly prompt?: readonly ChatMessage[] | undefined;
}

/** Words, and what was in view when they were said: that is looked for only once somebody wants to know. */
export class Look {
  readonly text: string;
  readonly instead: Instead;
  /** As far as it is known; before, it is nothing. */
  seen: Seen = NOTHING_SEEN;
  /** Whether all is seen that there is. */
  isOver: boolean;
  readonly #find: (() => Promise<Seen>) | undefined;
  #finding: Promise<void> | undefined;

  /** Without `find` there is nothing to see. */
  constructor(text: string, find?: () => Promise<Seen>, instead: Instead = {}) {
    this.text = text;
    this.instead = instead;
    this.isOver = find === undefined;
    this.#find = find;
  }

  /** Looks, once, however often it is asked. Rejects where `find` does. */
  find(): Promise<void> {
    this.#finding ??= this.#look();
    this.#finding.catch(() => undefined); // perhaps nobody waits for it
    return this.#finding;
  }

  async #look(): Promise<void> {
    if (this.#find === undefined) return;
    this.seen = await this.#find();
    this.isOver = true;
  }
}
