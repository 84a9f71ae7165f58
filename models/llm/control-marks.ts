import { overlap } from "./stop-strings.ts";
import type { CertainText } from "./stop-strings.ts";

/** Control tokens of Llama 2, Mistral and Gemma as they are written in text. */
const LITERAL_MARKS = [
  ...["<s>", "</s>", "[INST]", "[/INST]"],
  ...["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"],
] as const;

/** Those of all others: `<|im_end|>` and the like, also with the full-width bars of DeepSeek. */
const BAR_MARK = /<[|｜][^\s<>|｜]{1,40}[|｜]>/u;
const BAR_MARK_BEGINNING = /<(?:[|｜](?:[^\s<>|｜]{1,40}[|｜]?)?)?$/u;

const MARK = new RegExp(
  [BAR_MARK.source, ...LITERAL_MARKS.map((mark) => mark.replace(/[[\]]/gu, "\\$&"))].join("|"),
  "u",
);

/**
 * Keeps control tokens out of streamed text, though its pieces cut them anywhere. A server whose chat template is not
 * its model's sends them as plain text. Before the first word they are dropped (a model that opens its own turn); the
 * first one after it ends the answer, as it should have at the server.
 */
export class ControlMarks {
  #held = "";
  #begun = false;

  /** Takes one more piece. After `stopped` the rest of the text is none of the answer. */
  push(piece: string): CertainText {
    let text = this.#held + piece;
    let certain = "";
    this.#held = "";
    for (let mark = MARK.exec(text); mark !== null; mark = MARK.exec(text)) {
      certain += text.slice(0, mark.index);
      if (this.#begun || certain.trim() !== "") return { text: certain, stopped: true };
      text = text.slice(mark.index + mark[0].length);
    }
    const bar = BAR_MARK_BEGINNING.exec(text)?.[0] ?? "";
    const hold = Math.max(bar.length, ...LITERAL_MARKS.map((mark) => overlap(text, mark)));
    this.#held = text.slice(text.length - hold);
    certain += text.slice(0, text.length - hold);
    this.#begun ||= certain.trim() !== "";
    return { text: certain, stopped: false };
  }

  /** What was held back, once nothing more will come. Half a control token, where the answer was cut off, stays back. */
  end(): string {
    const rest = this.#held;
    this.#held = "";
    return /^<[|｜]./u.test(rest) ? "" : rest;
  }
}
