import { endsSentence } from "../../streaming/index.ts";
import type { Candidates } from "./decoder-network.ts";
import { argmax } from "./sampler.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** Part of a word or a number, in a script that has spaces between them. */
const SPACED =
  "(?![\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}])[\\p{L}\\p{M}\\p{N}]";
const WORD_END = new RegExp(`${SPACED}$`, "u");
const WORD_START = new RegExp(`^${SPACED}`, "u");

/** Keeps what is written from ending in the middle of a sentence: the next best word is taken instead. */
export class WholeSentences {
  readonly #tokenizer: Pick<TextTokenizer, "decode" | "endIds">;
  #written = "";

  constructor(tokenizer: Pick<TextTokenizer, "decode" | "endIds">) {
    this.#tokenizer = tokenizer;
  }

  /** What was written next. */
  note(text: string): void {
    this.#written += text;
  }

  /**
   * Those of the tokens that may come next which do not break off a sentence. In place of the end comes a word or a mark: a
   * model that may not stop would else begin the next speaker's turn, write blanks, or glue syllables to the last word.
   */
  allowed(candidates: Candidates): Candidates {
    if (endsSentence(this.#written)) return candidates;
    const { tokens, logits } = candidates;
    const { endIds } = this.#tokenizer;
    const wouldEnd = endIds.has(tokens[argmax(logits)] ?? 0);
    const kept = tokens.flatMap((token, index) =>
      endIds.has(token) || (wouldEnd && !this.#goesOn(token)) ? [] : [index],
    );
    if (kept.length === 0) return candidates;
    return {
      tokens: kept.map((index) => tokens[index] ?? 0),
      logits: Float32Array.from(kept, (index) => logits[index] ?? 0),
    };
  }

  #goesOn(token: number): boolean {
    const text = this.#tokenizer.decode([token]);
    const isGlued = WORD_END.test(this.#written) && WORD_START.test(text);
    return text.trim() !== "" && !text.includes("\n") && !isGlued;
  }
}
