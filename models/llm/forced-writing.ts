import type { Candidates } from "./decoder-network.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** A network that goes on from what it was fed. */
export interface NextTokens {
  /** What may follow `run`, likeliest first about. */
  readonly candidates: (run: readonly number[]) => Promise<Candidates>;
  /** The logits of just these tokens after `run`. */
  readonly score: (run: readonly number[], choices: readonly number[]) => Promise<ArrayLike<number>>;
}

/** Steps of work; yields after each run of the network. */
export type Steps<Result> = AsyncGenerator<undefined, Result, void>;

/**
 * Writing that a language model has a say in only where there is a choice: what is certain is fed to it without asking
 * (guided generation, arXiv 2307.09702; jump-forward decoding, arXiv 2312.07104). Without tokens left, nothing is asked any
 * more, and the writing still comes to its end.
 */
export class ForcedWriting {
  readonly #next: NextTokens;
  readonly #tokenizer: Pick<TextTokenizer, "encode" | "decode">;
  #tokensLeft: number;
  /** Fed with the next run. */
  #pending: number[] = [];

  constructor(next: NextTokens, tokenizer: Pick<TextTokenizer, "encode" | "decode">, maxTokens: number) {
    this.#next = next;
    this.#tokenizer = tokenizer;
    this.#tokensLeft = maxTokens;
  }

  /** What stands there next, whatever the model would have written. */
  push(text: string): void {
    this.#feed(this.#tokenizer.encode(text));
  }

  /** The likeliest of some texts, none of which begins another one; the first where nothing can be asked. */
  async *choose(texts: readonly string[]): Steps<string> {
    const [first = "", ...others] = texts;
    if (others.length === 0) {
      this.push(first);
      return first;
    }
    let left = texts.map((text) => ({ text, tokens: this.#tokenizer.encode(text) }));
    for (let at = 0; left.length > 1 && this.#tokensLeft > 0; at++) {
      const nexts = [...new Set(left.map(({ tokens }) => tokens[at] ?? 0))];
      let chosen = nexts[0] ?? 0;
      if (nexts.length > 1) {
        const logits = await this.#next.score(this.#takePending(), nexts);
        yield undefined;
        chosen = nexts.reduce((best, token, index) =>
          (logits[index] ?? -Infinity) > (logits[nexts.indexOf(best)] ?? -Infinity) ? token : best,
        );
      }
      left = left.filter(({ tokens }) => tokens[at] === chosen);
      this.#feed([chosen]);
      if (left.length === 1) this.#feed(left[0]?.tokens.slice(at + 1) ?? []);
    }
    return left[0]?.text ?? first;
  }

  /**
   * Writes on token by token for as long as `judge` takes them: it is given what was written and a candidate, best first, and
   * says how much of the candidate's text to take, if any, and whether that is the end.
   */
  async *free(judge: (written: string, candidate: string) => Judgement, maxTokens: number): Steps<string> {
    let written = "";
    for (let count = 0; count < maxTokens && this.#tokensLeft > 0; count++) {
      const { tokens } = await this.#nextCandidates();
      yield undefined;
      const verdicts = tokens.map((token) => ({ token, ...judge(written, this.#tokenizer.decode([token])) }));
      const best = verdicts.find(({ taken, ends }) => ends || (taken ?? "") !== "");
      if (best === undefined) return written;
      written += best.taken ?? "";
      if (best.ends) {
        this.push(best.taken ?? "");
        return written;
      }
      this.#feed([best.token]);
    }
    return written;
  }

  async #nextCandidates(): Promise<Candidates> {
    const { tokens, logits } = await this.#next.candidates(this.#takePending());
    const order = Array.from(tokens, (_, index) => index).sort(
      (one, other) => (logits[other] ?? 0) - (logits[one] ?? 0),
    );
    return {
      tokens: order.map((index) => tokens[index] ?? 0),
      logits: Float32Array.from(order, (index) => logits[index] ?? 0),
    };
  }

  #feed(tokens: readonly number[]): void {
    this.#pending.push(...tokens);
    this.#tokensLeft -= tokens.length;
  }

  #takePending(): readonly number[] {
    const run = this.#pending;
    this.#pending = [];
    return run;
  }
}

export interface Judgement {
  /** All of the candidate, or where it is the end what of it belongs to the writing; undefined where it does not fit. */
  readonly taken: string | undefined;
  readonly ends: boolean;
}
