import { StopStrings } from "./stop-strings.ts";
import type { CertainText } from "./stop-strings.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** Turns generated tokens into text pieces: whole characters only, and nothing of a stop string. */
export class TextStream {
  readonly #tokenizer: Pick<TextTokenizer, "decode">;
  readonly #stops: StopStrings;
  /** Tokens since the last that ended with a whole character, and how many letters of theirs were taken over. */
  #pending: number[] = [];
  #taken = 0;

  constructor(tokenizer: Pick<TextTokenizer, "decode">, stops: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#stops = new StopStrings(stops);
  }

  /** Text that is certain after one more token, and whether a stop string ended the answer. */
  push(token: number): CertainText {
    this.#pending.push(token);
    const decoded = this.#tokenizer.decode(this.#pending);
    // A character of several bytes may be spread over tokens; until complete it shows as one replacement character.
    const isOpen = decoded.endsWith("\u{FFFD}");
    const whole = decoded.slice(this.#taken, isOpen ? -1 : undefined);
    if (isOpen) this.#taken += whole.length;
    else this.#reset();
    const certain = this.#stops.push(whole);
    if (certain.stopped) this.#reset();
    return certain;
  }

  /** What was held back, once nothing more will come. */
  end(): string {
    // Letters that only now are known to be whole may still complete a stop string.
    const { text, stopped } = this.#stops.push(this.#tokenizer.decode(this.#pending).slice(this.#taken));
    this.#reset();
    return stopped ? text : text + this.#stops.end();
  }

  #reset(): void {
    this.#pending = [];
    this.#taken = 0;
  }
}
