/** A hypothesis with the part of it that will not be taken back. */
export interface AgreedHypothesis {
  /** What was heard so far; begins with `stableText`. */
  readonly text: string;
  readonly stableText: string;
}

/**
 * Local agreement (LocalAgreement-2, arXiv 2307.14743): of successive hypotheses about growing sound, words on which
 * two in a row agree are stable, and stay. One per utterance.
 */
export class HypothesisAgreement {
  #stable: readonly string[] = [];
  #previous: readonly string[] = [];

  /** Takes the next hypothesis. */
  push(hypothesis: string): AgreedHypothesis {
    const words = hypothesis.split(/\s+/).filter((word) => word !== "");
    let agreed = 0;
    while (agreed < words.length && isSameWord(words[agreed], this.#previous[agreed])) agreed += 1;
    // The last word may still grow, and its punctuation changes with what follows.
    const certain = Math.min(agreed, words.length - 1);
    // A hypothesis that contradicts what is stable may be right, but what follows it does not continue the stable text.
    const continues = this.#stable.every((word, index) => isSameWord(word, words[index]));
    if (continues && certain > this.#stable.length)
      this.#stable = [...this.#stable, ...words.slice(this.#stable.length, certain)];
    this.#previous = words;
    const tentative = words.slice(this.#stable.length);
    return { text: [...this.#stable, ...tentative].join(" "), stableText: this.#stable.join(" ") };
  }
}

function isSameWord(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && bare(a) === bare(b);
}

function bare(word: string): string {
  return word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, "");
}
