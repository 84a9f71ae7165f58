/** Text that is certain, and whether the answer ended behind it. */
export interface CertainText {
  readonly text: string;
  readonly stopped: boolean;
}

/** Ends streamed text before the first of some strings, though it comes in pieces that cut them anywhere. */
export class StopStrings {
  readonly #stops: readonly string[];
  /** An end of the text that may be the beginning of a stop string. */
  #held = "";

  /** Empty strings are no stops. */
  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
  }

  /** Takes one more piece. After `stopped` the rest of the text is none of the answer. */
  push(piece: string): CertainText {
    const text = this.#held + piece;
    const cuts = this.#stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    if (cuts.length > 0) {
      this.#held = "";
      return { text: text.slice(0, Math.min(...cuts)), stopped: true };
    }
    const hold = Math.max(0, ...this.#stops.map((stop) => overlap(text, stop)));
    this.#held = text.slice(text.length - hold);
    return { text: text.slice(0, text.length - hold), stopped: false };
  }

  /** What was held back, once nothing more will come. */
  end(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }
}

/** Length of the longest end of `text` that begins `stop` and is not all of it. */
export function overlap(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !text.endsWith(stop.slice(0, length))) length -= 1;
  return length;
}
