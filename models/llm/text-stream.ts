import type { TextTokenizer } from "./tokenizer.ts";

/** Turns generated tokens into text pieces: whole characters only, and nothing of a stop string. */
export class TextStream {
  readonly #tokenizer: TextTokenizer;
  readonly #stops: readonly string[];
  #pending: number[] = [];
  #held = "";

  constructor(tokenizer: TextTokenizer, stops: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#stops = stops.filter((stop) => stop !== "");
  }

  /** Text that is certain after one more token, and whether a stop string ended the answer. */
  push(token: number): { readonly text: string; readonly stopped: boolean } {
    this.#pending.push(token);
    const decoded = this.#tokenizer.decode(this.#pending);
    // A character of several bytes may be spread over tokens; it shows as a replacement character until complete.
    if (decoded.endsWith("\u{FFFD}") && this.#pending.length < 8) return { text: "", stopped: false };
    this.#pending = [];
    return this.#release(this.#held + decoded);
  }

  /** What was held back, once nothing more will come. */
  end(): string {
    const rest = this.#held + this.#tokenizer.decode(this.#pending);
    this.#held = "";
    this.#pending = [];
    return rest;
  }

  #release(text: string): { readonly text: string; readonly stopped: boolean } {
    const cuts = this.#stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    if (cuts.length > 0) {
      this.#held = "";
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
