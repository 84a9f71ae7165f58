/** Longest run of words that is looked up. */
const LONGEST_MATCH = 3;

/** Tokens that are guessed after a match of so many: what one more costs in a run, only a sure match earns back. */
const GUESSES = [0, 1, 2, 3] as const;

/**
 * Until here one matching word is enough, as answers begin with an echo of the question: of such guesses 0.4 to 0.8 were
 * right, and of those in long answers a tenth.
 */
const ECHO_TOKENS = 12;

/**
 * Guesses the next tokens of an answer from what was said before: where its last words occur already, the answer may go
 * on as that place did. Questions are echoed ("The capital of France is …") and words come back. A run of the network
 * over a token and two or three guesses costs little more than one over the token alone, as both read all weights, so
 * that right guesses are almost free and wrong ones cost little (prompt lookup decoding, a draft for speculative
 * decoding, arXiv 2211.17192).
 */
export class EchoDraft {
  readonly #textOf: (token: number) => string | undefined;
  readonly #forms = new Map<number, string>();

  /**
   * `textOf` gives a token's text: "The" at the start is the same word as " the" within. What has none, such as a
   * frame's vectors, is not guessed.
   */
  constructor(textOf: (token: number) => string | undefined) {
    this.#textOf = textOf;
  }

  /** What may follow `tokens`, the last `answerLength` of which are the answer; nothing where there is no such place. */
  guess(tokens: readonly number[], answerLength: number): readonly number[] {
    const enough = answerLength <= ECHO_TOKENS ? 1 : 2;
    let best = { length: 0, next: 0 };
    for (let next = tokens.length - 1; next > 0 && best.length < LONGEST_MATCH; next -= 1) {
      const length = this.#matchLength(tokens, next);
      if (length > best.length) best = { length, next };
    }
    if (best.length < enough) return [];
    const guessed = tokens.slice(best.next, best.next + (GUESSES[best.length] ?? 0));
    const silent = guessed.findIndex((token) => this.#textOf(token) === undefined);
    return silent < 0 ? guessed : guessed.slice(0, silent);
  }

  /** How many tokens before `next` are the same words as the last ones. */
  #matchLength(tokens: readonly number[], next: number): number {
    let length = 0;
    while (length < LONGEST_MATCH && length < next) {
      const earlier = this.#form(tokens[next - 1 - length] ?? 0);
      if (earlier === "" || earlier !== this.#form(tokens[tokens.length - 1 - length] ?? 0)) break;
      length += 1;
    }
    return length;
  }

  #form(token: number): string {
    const known = this.#forms.get(token);
    if (known !== undefined) return known;
    const text = this.#textOf(token);
    if (text === undefined) return ""; // not kept: every picture has new tokens
    const form = text.trim().toLowerCase();
    this.#forms.set(token, form);
    return form;
  }
}
