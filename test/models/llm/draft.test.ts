import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { EchoDraft } from "../../../models/llm/draft.ts";

const WORDS = ["", "What", " is", " the", " capital", " of", " France", "?", "The", ".", " and"];
const draft = new EchoDraft((token) => WORDS[token] ?? "");

describe("guessing from what was said", () => {
  it("echoes the question, however its words are capitalised", () => {
    // What is the capital of France? The → capital
    expect(draft.guess([1, 2, 3, 4, 5, 6, 7, 8], 1)).toEqual([4]);
    // The capital → of France
    expect(draft.guess([1, 2, 3, 4, 5, 6, 7, 8, 4], 2)).toEqual([5, 6]);
    expect(draft.guess([1, 2, 3, 4, 5, 6, 7, 8, 4, 5], 3)).toEqual([6, 7, 8]);
  });

  it("guesses nothing where the last words are new", () => {
    expect(draft.guess([1, 2, 3, 9], 1)).toEqual([]);
    expect(draft.guess([1], 1)).toEqual([]);
    expect(draft.guess([], 0)).toEqual([]);
  });

  it("wants two matching words once an answer is long, as single ones come back everywhere", () => {
    const tokens = [3, 4, 5, 6, 9, 10, 3];
    expect(draft.guess(tokens, 1)).toEqual([4]);
    expect(draft.guess(tokens, 40)).toEqual([]);
    expect(draft.guess([...tokens, 4], 40)).toEqual([5, 6]);
  });

  it("takes the longest match, and of equal ones the latest", () => {
    expect(draft.guess([3, 4, 5, 2, 4, 6, 3, 4], 2)).toEqual([5, 2]);
    expect(draft.guess([4, 5, 4, 6, 4], 1)).toEqual([6]);
  });

  it("matches no words where there are none: control tokens have no text", () => {
    expect(draft.guess([0, 4, 5, 0], 0)).toEqual([]);
  });

  it("never guesses a frame's vectors, which no answer holds", () => {
    const withFrame = new EchoDraft((token) => (token < 100 ? WORDS[token] : undefined));
    expect(withFrame.guess([3, 4, 5, 100, 7, 3, 4, 5], 3)).toEqual([]);
    expect(withFrame.guess([3, 4, 100, 101, 6, 3], 1)).toEqual([4]);
    expect(withFrame.guess([100, 4, 5, 100], 1)).toEqual([]);
  });

  it("only ever repeats what stands there", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10)), fc.nat(60), (tokens, answerLength) => {
        const guesses = draft.guess(tokens, answerLength);
        expect(guesses.length).toBeLessThanOrEqual(3);
        expect(` ${tokens.join(" ")} `).toContain(` ${guesses.join(" ")} `.replace("  ", " "));
      }),
    );
  });
});
