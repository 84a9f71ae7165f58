import fc from "fast-check";
import { expect, test } from "vitest";

import { holdsKeyWord, wordErrorRate, wordErrors } from "../../bench/scoring.ts";

test("spelling, case and punctuation are no word errors", () => {
  const said = "What is two plus three? That's it.";
  expect(wordErrors(said, "what is 2 plus 3 thats it")).toEqual({ errors: 0, words: 7 });
});

test.each([
  ["a wrong word", "one two three", "one too three", 1],
  ["a missing word", "one two three", "one three", 1],
  ["an added word", "one two three", "one two and three", 1],
  ["nothing heard", "one two three", "", 3],
  ["something where nothing was said", "", "thank you", 2],
])("%s counts", (_, said, heard, errors) => {
  expect(wordErrors(said, heard).errors).toBe(errors);
});

test("errors of any two texts are the same both ways and at most the longer text", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 });
  fc.assert(
    fc.property(text, text, (one, other) => {
      const { errors } = wordErrors(one.join(" "), other.join(" "));
      expect(errors).toBe(wordErrors(other.join(" "), one.join(" ")).errors);
      expect(errors).toBeLessThanOrEqual(Math.max(one.length, other.length));
      expect(errors === 0).toBe(one.join() === other.join());
    }),
  );
});

test("a rate weighs texts by their words", () => {
  const long = { errors: 0, words: 9 };
  const short = { errors: 1, words: 1 };
  expect(wordErrorRate([long, short])).toBe(0.1);
});

test("a key word must be a word of its own, and digits are as good as words", () => {
  expect(holdsKeyWord("It is Paris.", ["Paris"])).toBe(true);
  expect(holdsKeyWord("There are 7 days.", ["seven"])).toBe(true);
  expect(holdsKeyWord("By William Shakespeare!", ["william shakespeare"])).toBe(true);
  expect(holdsKeyWord("It is nice here.", ["ice"])).toBe(false);
  expect(holdsKeyWord("There are 17 of them.", ["seven"])).toBe(false);
  expect(holdsKeyWord("", ["ice"])).toBe(false);
});
