import { expect, test } from "vitest";

import { QUESTIONS, WRITTEN_QUESTIONS } from "../../bench/questions.ts";
import { holdsKeyWord } from "../../bench/scoring.ts";
import { SENTENCES } from "../../bench/sentences.ts";

test("there are enough questions and sentences, none of them twice", () => {
  expect(new Set(QUESTIONS.map(({ text }) => text)).size).toBeGreaterThanOrEqual(30);
  expect(new Set(SENTENCES).size).toBeGreaterThanOrEqual(30);
  expect(WRITTEN_QUESTIONS).toBeLessThanOrEqual(QUESTIONS.length);
});

test("no question is answered by repeating it", () => {
  const given = QUESTIONS.filter(({ text, keyWords }) => holdsKeyWord(text, keyWords));
  expect(given).toEqual([]);
});

test.each(SENTENCES)("has fifteen words: %s", (sentence) => {
  expect(sentence.split(" ")).toHaveLength(15);
});
