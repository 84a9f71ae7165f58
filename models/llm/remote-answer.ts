import type { GenerateRequest } from "../../streaming/index.ts";
import { ControlMarks } from "./control-marks.ts";
import { StopStrings } from "./stop-strings.ts";

/** No tokenizer makes that many characters of a token on average, in any language: honest answers are never cut. */
const CHARACTERS_PER_TOKEN = 8;

/** What of an answer may be said after one more piece of it, and why it is over, if it is. */
export interface AnswerText {
  readonly text: string;
  readonly reason?: "stop" | "length";
}

/**
 * The text of one remote answer as a voice may have it: without control tokens, ended before a stop string, and no longer
 * than was asked for, whatever the server sends.
 */
export class RemoteAnswer {
  readonly #marks = new ControlMarks();
  readonly #stops: StopStrings;
  #charactersLeft: number;

  constructor({ stop, maxTokens }: Pick<GenerateRequest, "stop" | "maxTokens">) {
    this.#stops = new StopStrings(stop);
    this.#charactersLeft = maxTokens * CHARACTERS_PER_TOKEN;
  }

  /** Takes one more piece from the server. After a `reason` nothing more is to be read. */
  push(piece: string): AnswerText {
    const marks = this.#marks.push(piece);
    const stops = this.#stops.push(marks.text);
    const ended = marks.stopped || stops.stopped;
    const rest = marks.stopped && !stops.stopped ? this.#stops.end() : "";
    return this.#capped(stops.text + rest, ended ? "stop" : undefined);
  }

  /** What was held back, once the server has ended the answer. */
  end(): AnswerText {
    const { text, stopped } = this.#stops.push(this.#marks.end());
    return this.#capped(stopped ? text : text + this.#stops.end(), undefined);
  }

  #capped(text: string, reason: "stop" | undefined): AnswerText {
    if (text.length <= this.#charactersLeft) {
      this.#charactersLeft -= text.length;
      return reason === undefined ? { text } : { text, reason };
    }
    // Half a surrogate pair is no character.
    const cut = text.slice(0, this.#charactersLeft).replace(/[\uD800-\uDBFF]$/, "");
    this.#charactersLeft = 0;
    return { text: cut, reason: "length" };
  }
}
