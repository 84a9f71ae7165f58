import { expect, test } from "vitest";

import { compareHeard, countHeardWords, recallsLast } from "../../../bench/duplex/heard-words.ts";

const WRITTEN = "Bread is one of the oldest foods that people have ever made with their hands.";

test("heard words are counted although the recogniser got some of them wrong", () => {
  expect(countHeardWords(WRITTEN, "Bread is one of the oldest foods")).toBe(7);
  expect(countHeardWords(WRITTEN, "red is one of the all-dest foods")).toBe(7);
  expect(countHeardWords(WRITTEN, "")).toBe(0);
});

test.each([
  ["Rain comes from clouds.", "Brain come.", 2],
  ['The C in the word "salt" is salty because of it.', "the seat and the words all the salt because", 8],
])("of %j, heard as %j, all the words are counted: a misheard one is heard, too", (written, heard, count) => {
  expect(Math.abs(countHeardWords(written, heard) - count)).toBeLessThanOrEqual(1);
});

test.each(["Thank you.", "Thanks for watching.", "You're welcome, see you."])(
  "%j behind the cut, which the recogniser has invented, is none of the written words",
  (invented) => {
    expect(countHeardWords(WRITTEN, `Bread is one of the ${invented}`)).toBe(5);
    expect(countHeardWords(WRITTEN, `Bread is one of the oldest ${invented}`)).toBe(6);
  },
);

test("a history that keeps unheard words, or loses heard ones, is found", () => {
  const heard = "bread is one of the";
  expect(compareHeard(WRITTEN, "Bread is one of the", heard).difference).toBe(0);
  expect(compareHeard(WRITTEN, "Bread is one of the oldest foods", heard).difference).toBe(2);
  expect(compareHeard(WRITTEN, "Bread is", heard).difference).toBe(-3);
});

test("only an answer with the last words that were heard recalls them", () => {
  const stored = "Bread is one of the oldest foods that people";
  expect(recallsLast("I said that bread is one of the oldest foods.", stored)).toBe(true);
  expect(recallsLast("I am sorry, I do not know what you mean.", stored)).toBe(false);
});
