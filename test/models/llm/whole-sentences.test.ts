import fc from "fast-check";
import { expect, it } from "vitest";

import { WholeSentences } from "../../../models/llm/whole-sentences.ts";

/** Tokens of a vocabulary for this; the first ends an answer. */
const TEXTS = ["", " proud", ".", "\n\n", " ", "ly", "5"] as const;
const [END, PROUD, MARK, LINES, BLANK, SYLLABLE, DIGIT] = [0, 1, 2, 3, 4, 5, 6];
const tokenizer = {
  endIds: new Set([END]),
  decode: (ids: readonly number[]) => ids.map((id) => TEXTS[id] ?? "").join(""),
};

/** Which of `tokens`, best first, may come behind a text. */
function allowedBehind(written: string, tokens: readonly number[]): readonly number[] {
  const sentences = new WholeSentences(tokenizer);
  for (const letter of written) sentences.note(letter);
  const logits = Float32Array.from(tokens, (_, index) => -index);
  const kept = sentences.allowed({ tokens, logits });
  // Each keeps its own score.
  for (const [index, token] of kept.tokens.entries())
    expect(kept.logits[index]).toBe(logits[tokens.indexOf(token)]);
  return kept.tokens;
}

it("lets an answer end behind a sentence only, or it would stop where the one before was cut", () => {
  expect(allowedBehind("They are tall.", [END, PROUD])).toEqual([END, PROUD]);
  expect(allowedBehind("They are", [PROUD, END])).toEqual([PROUD]);
  expect(allowedBehind("", [PROUD, END])).toEqual([PROUD]);
});

it("takes a word or a mark in place of the end: no next speaker's turn, no blanks, no syllables of another word", () => {
  expect(allowedBehind("They are", [END, LINES, BLANK, SYLLABLE, PROUD, MARK])).toEqual([PROUD, MARK]);
  expect(allowedBehind("In 1969", [END, SYLLABLE, DIGIT, MARK])).toEqual([MARK]);
  expect(allowedBehind("他们很", [END, SYLLABLE])).toEqual([SYLLABLE]);
});

it("leaves lines and syllables to a model that goes on by itself, as in lists and long words", () => {
  expect(allowedBehind("They are:", [LINES, END, PROUD])).toEqual([LINES, PROUD]);
  expect(allowedBehind("They are proud", [SYLLABLE, END, BLANK])).toEqual([SYLLABLE, BLANK]);
});

it("always leaves something to choose, even where all that is likely breaks off", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.uniqueArray(fc.nat(TEXTS.length - 1), { minLength: 1 }),
      (written, tokens) => {
        expect(allowedBehind(written, tokens).length).toBeGreaterThan(0);
      },
    ),
  );
});
