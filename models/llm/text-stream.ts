import type { TextTokenizer } from "./tokenizer.ts";

/** Turns generated tokens into text pieces: whole characters only, and nothing of a stop string. */
export class TextStream {
  readonly #tokenizer: Pick<TextTokenizer, "decode">;
  readonly #stops: readonly string[];
  /** Tokens since the last that ended with a whole character, and how many letters of theirs were taken over. */
  #pending: number[] = [];
  #taken = 0;
  #held = "";

  constructor(tokenizer: Pick<TextTokenizer, "decode">, stops: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#stops = stops.filter((stop) => stop !== "");
  }

  /** Text that is certain after one more token, and whether a stop string ended the answer. */
  push(token: number): { readonly text: string; readonly stopped: boolean } {
    this.#pending.push(token);
    const decoded = this.#tokenizer.decode(this.#pending);
    // A character of several bytes may be spread over tokens; until complete it shows as one replacement character.
    const isOpen = decoded.endsWith("\u{FFFD}");
    const whole = decoded.slice(this.#taken, isOpen ? -1 : undefined);
    if (isOpen) this.#taken += whole.length;
    else this.#reset();
    return this.#release(this.#held + whole);
  }

  /** What was held back, once nothing more will come. */
  end(): string {
    const rest = this.#held + this.#tokenizer.decode(this.#pending).slice(this.#taken);
    this.#held = "";
    this.#reset();
    return rest;
  }

  #reset(): void {
    this.#pending = [];
    this.#taken = 0;
  }

  #release(text: string): { readonly text: string; readonly stopped: boolean } {
    const cuts = this.#stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    if (cuts.length > 0) {
      this.#held = "";
      this.#reset();
      return { text: text.slice(0, Math.min(...cuts)), stopped: true };
    }
    const hold = Math.max(0, ...this.#stops.map((stop) => overlap(text, stop)));
    this.#held = text.slice(text.length - hold);
    return { text: text.slice(0, text.length - hold), stopped: false };
  }
}

/** Length of the longest end of `text` that begins `stop`. */
function overlap(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !text.endsWith(stop.slice(0, length))) length -= 1;
  return length;
}
